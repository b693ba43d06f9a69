import { isStateError, StateError } from '@switchyard/core'
import type { KeyvAdapter } from './keyv-adapter.ts'

/** Calls of an adapter, with its failures as errors, however it tells of them. */
export interface Calls {
  read<T>(what: string, key: string | undefined, call: () => T): Promise<Awaited<T>>
  write<T>(what: string, key: string, call: () => T): Promise<Awaited<T>>
  /** @throws StateError if the adapter has emitted an error since then */
  since(emitted: number): void
  /** How many errors it has emitted. */
  readonly emitted: number
  stop(): void
}

/**
 * Many adapters emit an error and then answer as if there were nothing. So what was asked while one was emitted counts
 * as failed: better one failure too many than a failure that looks like a missing key.
 */
export function createCalls(adapter: KeyvAdapter): Calls {
  let emitted = 0
  let last: unknown
  const onError = (error: unknown): void => {
    emitted++
    last = error
  }
  adapter.on?.('error', onError)

  async function run<T>(call: () => T, failed: (cause: unknown) => StateError): Promise<Awaited<T>> {
    const before = emitted
    let answer: Awaited<T>
    try {
      answer = await call()
    } catch (cause) {
      throw isStateError(cause) ? cause : failed(cause)
    }
    if (emitted !== before) throw failed(last)
    return answer
  }

  return {
    read: (what, key, call) => run(call, (cause) => unavailable(what, key, cause)),
    async write<T>(what: string, key: string, call: () => T): Promise<Awaited<T>> {
      const unknown = (cause: unknown): StateError => {
        const message = `The adapter failed to ${what} '${key}', and may have done it all the same: ${String(cause)}`
        return new StateError('OUTCOME_UNKNOWN', message, { key, cause })
      }
      const answer = await run(call, unknown)
      if (answer === false && what === 'set') throw unknown('it answered false')
      return answer
    },
    since(before) {
      if (emitted !== before) throw unavailable('list', undefined, last)
    },
    get emitted() {
      return emitted
    },
    stop: () => void adapter.off?.('error', onError),
  }
}

function unavailable(what: string, key: string | undefined, cause: unknown): StateError {
  const message = `The adapter failed to ${what}${key === undefined ? '' : ` '${key}'`}: ${String(cause)}`
  return new StateError('UNAVAILABLE', message, { key, cause })
}

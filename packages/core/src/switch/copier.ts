import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyStore } from '../capabilities.ts'
import type { ListedEntry, Operation } from '../store.ts'
import type { DirtyKeys } from './dirty-keys.ts'

/** Entries read and written at once. */
const BATCH = 1000

/** Brings what the source has into the target. One batch is on its way at a time, so that the writes of one key keep their order. */
export interface Copier {
  /** Copies every entry of the source that is there from the call on; keys written meanwhile must be drained after it. */
  copyAll(): Promise<void>
  /** Copies so many dirty keys as they are now, deletions included; all of them if no number is given. Which they were. */
  drain(count?: number): Promise<readonly string[]>
}

export interface CopierOptions {
  readonly source: AnyStore
  readonly target: Pick<AnyStore, 'write'>
  readonly dirty: DirtyKeys
  /** Told how many keys have been written to the target. */
  readonly onCopied: (count: number) => void
  /** Keys in a second at the most; 0: as many as there come. */
  readonly maxRate: number
  readonly signal: AbortSignal
}

export function createCopier({ source, target, dirty, onCopied, maxRate, signal }: CopierOptions): Copier {
  let paceAt = 0

  /** Waits where the batches before have come too fast. */
  async function keepPace(count: number): Promise<void> {
    signal.throwIfAborted()
    if (maxRate <= 0) return
    const now = performance.now()
    paceAt = Math.max(paceAt, now) + (count / maxRate) * 1000
    if (paceAt > now) await sleep(paceAt - now, undefined, { signal })
  }

  async function write(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return
    await target.write({ operations })
    onCopied(operations.length)
  }

  return {
    async copyAll() {
      let writing: Promise<void> = Promise.resolve()
      try {
        for await (const page of source.list({ limit: BATCH })) {
          // The next page is read while this one is written.
          await writing
          await keepPace(page.length)
          writing = write(page.map(asSet))
          // It is awaited one page later, and must not count as unhandled until then.
          writing.catch(() => undefined)
        }
      } finally {
        // Nothing may reach the target after this has ended, whether it ended well or not.
        await writing
      }
    },
    async drain(count = Number.POSITIVE_INFINITY) {
      const drained: string[] = []
      for (let left = count; left > 0 && dirty.size > 0; ) {
        // Taken before they are read: who writes after the read makes them dirty again.
        const keys = dirty.take(Math.min(left, BATCH))
        left -= keys.length
        try {
          await keepPace(keys.length)
          const entries = await source.getMany(keys)
          await write(
            keys.map((key, index) => {
              const entry = entries[index]
              return entry === undefined ? { op: 'delete', key } : { op: 'set', key, entry }
            }),
          )
        } catch (error) {
          for (const key of keys) dirty.add(key)
          throw error
        }
        drained.push(...keys)
      }
      return drained
    },
  }
}

function asSet({ key, entry }: ListedEntry): Operation {
  if (entry === undefined) throw new TypeError('A listing with entries gave a key without one')
  return { op: 'set', key, entry }
}

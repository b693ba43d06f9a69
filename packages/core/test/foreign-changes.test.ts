import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { createState, type State, StateError, type StoreChange } from '../src/index.ts'
import { testBackend } from './test-backend.ts'
import { codeOf } from './test-state.ts'

/** A backend whose watch tells what it is given, and fails where it is given an error. */
function watchedBackend() {
  const started: {
    readonly signal: AbortSignal | undefined
    readonly give: (next: StoreChange | Error) => void
  }[] = []
  const backend = testBackend(
    {
      async *watch(_prefix, { signal } = {}) {
        const given: (StoreChange | Error)[] = []
        let wake = Promise.withResolvers<void>()
        started.push({
          signal,
          give(next) {
            given.push(next)
            wake.resolve()
          },
        })
        signal?.addEventListener('abort', () => wake.resolve())
        for (;;) {
          await wake.promise
          wake = Promise.withResolvers<void>()
          for (const next of given.splice(0)) {
            if (next instanceof Error) throw next
            yield next
          }
          if (signal?.aborted === true) return
        }
      },
    },
    { watch: true, shared: true },
  )
  return { backend, started }
}

async function opened(): Promise<ReturnType<typeof watchedBackend> & { readonly state: State }> {
  const watched = watchedBackend()
  return { ...watched, state: await createState({ backends: { shared: watched.backend } }) }
}

describe('changes of other processes', () => {
  test('reach watches and listeners beside those made here, which come once', async () => {
    const { state, started } = await opened()
    const heard: string[] = []
    state.on('change', ({ type, key }) => heard.push(`${type} ${key}`))
    const watch = state.watch('a')
    const { version } = await state.set('a1', 1)
    started[0]?.give({ type: 'set', key: 'a1', version, own: true })
    started[0]?.give({ type: 'set', key: 'a2', version: 'theirs', expiresAt: 5 })
    started[0]?.give({ type: 'delete', key: 'b' })
    expect((await watch.next()).value).toMatchObject({ type: 'set', key: 'a1', version })
    const { value } = await watch.next()
    expect(value).toEqual({ type: 'set', key: 'a2', version: 'theirs', expiresAt: 5, id: expect.any(String) })
    await sleep(0)
    expect(heard).toEqual(['set a1', 'set a2', 'delete b'])
    await state.close()
  })

  test('are asked for only while somebody listens', async () => {
    const { state, started } = await opened()
    await state.set('a', 1)
    expect(started).toHaveLength(0)
    const watch = state.watch()
    const stop = state.on('change', () => undefined)
    stop()
    stop()
    expect(started).toHaveLength(1)
    expect(started[0]?.signal?.aborted).toBe(false)
    await watch.return()
    expect(started[0]?.signal?.aborted).toBe(true)
    await state.close()
  })

  test('end the watches where some may have been missed, and are followed again', async () => {
    const { state, started } = await opened()
    const errors: StateError[] = []
    state.on('error', (error) => errors.push(error))
    state.on('change', () => undefined)
    const watch = state.watch()
    started[0]?.give(new StateError('LAGGED', 'too late'))
    expect(await codeOf(() => watch.next())).toBe('LAGGED')
    expect(errors.map(({ code, backend }) => [code, backend])).toEqual([['LAGGED', 'shared']])
    const next = state.watch()
    await expect.poll(() => started.length, { timeout: 60_000 }).toBe(2)
    started[1]?.give({ type: 'delete', key: 'theirs' })
    expect((await next.next()).value).toMatchObject({ type: 'delete', key: 'theirs' })
    await state.close()
  })

  test('are no longer followed when the state is closed', async () => {
    const { state, started } = await opened()
    state.watch()
    await state.close()
    expect(started[0]?.signal?.aborted).toBe(true)
  })
})

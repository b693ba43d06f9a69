import { setTimeout as sleep } from 'node:timers/promises'
import { type AnyStore, type Awaitable, type Backend, definePlugin, type StateStore } from '@switchyard/core'

const LATE_SHARE = 0.15
const LATE_FACTOR = 8

/**
 * A backend far away: each call takes effect at a random moment between its sending and its answer, so that calls overtake
 * each other in both directions, and some are much later than others.
 */
export function delayed(backend: Backend, maxDelayMs: number): Backend {
  const wait = (): Promise<void> =>
    sleep(Math.random() * maxDelayMs * (Math.random() < LATE_SHARE ? LATE_FACTOR : 1))

  async function late<T>(call: () => Awaitable<T>): Promise<T> {
    await wait()
    const answer = await call()
    await wait()
    return answer
  }

  const plugin = definePlugin({
    name: 'delayed',
    capabilities: { ...backend.plugin.capabilities, watch: false, optimize: false },
    optionsSchema: { '~standard': { version: 1, vendor: 'switchyard', validate: () => ({ value: {} }) } },
    async open(_: object, context): Promise<StateStore & { watch?: never; optimize?: never }> {
      const { watch: _watch, optimize: _optimize, ...store }: AnyStore = await backend.open(context)
      return {
        ...store,
        get: (key, options) => late(() => store.get(key, options)),
        getMany: (keys, options) => late(() => store.getMany(keys, options)),
        set: (key, entry, options) => late(() => store.set(key, entry, options)),
        delete: (key, options) => late(() => store.delete(key, options)),
        write: (batch, options) => late(() => store.write(batch, options)),
        async *list(options) {
          for await (const page of store.list(options)) {
            await wait()
            yield page
          }
        },
      }
    },
  })
  return plugin({})
}

import type { BrokenStore } from '../broken-stores.ts'
import { broken, hanging } from './broken.ts'

export const BROKEN_CLOSE: Readonly<Record<string, BrokenStore>> = {
  'cannot be closed twice': broken('close', () => {
    let isClosed = false
    return {
      async close() {
        if (isClosed) throw new Error('closed already')
        isClosed = true
      },
    }
  }),
  'never settles the writes in flight when it is closed': hanging(
    broken('close', ({ honest }) => {
      const timers = new Set<NodeJS.Timeout>()
      return {
        set: (key, entry, options) =>
          new Promise((resolve, reject) => {
            const write = (): void =>
              void Promise.resolve(honest.set(key, entry, options)).then(resolve, reject)
            timers.add(setTimeout(write, 2))
          }),
        close: async () => timers.forEach((timer) => void clearTimeout(timer)),
      }
    }),
  ),
  'never ends to close': hanging(
    broken('declaration', () => ({ close: () => new Promise(() => undefined) })),
  ),
  'hangs when something is set': hanging(
    broken('values', () => ({ set: () => new Promise(() => undefined) })),
  ),
  'hangs when nothing is found': hanging(
    broken('keys', ({ honest }) => ({
      get: async (key) => (await honest.get(key)) ?? new Promise(() => undefined),
    })),
  ),
  'keeps its process alive by a timer': hanging(
    broken('processes', () => {
      const timer = setInterval(() => undefined, 1000)
      // The tests' own process is not to wait for it.
      if (process.argv[1]?.endsWith('worker.ts') !== true) timer.unref()
      return {}
    }),
    4000,
  ),
}

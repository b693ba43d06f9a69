import {
  defineStore,
  type Entry,
  type ListedEntry,
  type PluginContext,
  StateError,
  type StateStore,
} from '@switchyard/core'
import { createCalls } from './calls.ts'
import type { KeyvAdapter } from './keyv-adapter.ts'
import { type KeyvOptions, missingMethod } from './options.ts'
import { pack, unpack } from './stored-entry.ts'

/** The adapter's own expiry only frees space; it must not come before ours, by whichever clock. */
const EXPIRY_SLACK_MS = 5000

/** Opens the store over an adapter. */
export async function openKeyvStore(
  { store, keyPrefix = '' }: KeyvOptions,
  { clock }: PluginContext,
): Promise<StateStore> {
  const adapter = typeof store === 'function' ? await store() : store
  assertUsable(adapter)
  const calls = createCalls(adapter)
  const named = (key: string): string => `${keyPrefix}${key}`

  function expiryOf({ expiresAt }: Entry): number | undefined {
    if (expiresAt === undefined) return undefined
    const end = expiresAt + EXPIRY_SLACK_MS
    return adapter.capabilities?.expires === true ? end : Math.max(1, Math.ceil(end - clock.now()))
  }

  async function getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    const answers = await calls.read('get', keys.join("', '"), () => adapter.getMany?.(keys.map(named)))
    if (!Array.isArray(answers) || answers.length !== keys.length) {
      const found = Array.isArray(answers) ? `${answers.length} answers` : String(answers)
      throw new StateError('BACKEND_ERROR', `getMany() of the adapter gave ${found} for ${keys.length} keys`)
    }
    return keys.map((key, i) => unpack(key, answers[i]))
  }

  async function* list(prefix: string, limit: number): AsyncGenerator<readonly Required<ListedEntry>[]> {
    const start = named(prefix)
    const before = calls.emitted
    // An adapter may list a key twice, as Redis' SCAN does.
    const seen = new Set<string>()
    let page: Required<ListedEntry>[] = []
    const pairs = adapter.iterator(adapter.namespace)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await calls.read('list', undefined, () => pairs.next())
        calls.since(before)
        if (next.done === true) break
        const [name, raw] = next.value as readonly [string, unknown]
        if (!name.startsWith(start) || seen.has(name)) continue
        seen.add(name)
        const key = name.slice(keyPrefix.length)
        const entry = unpack(key, raw)
        if (entry !== undefined) page.push({ key, entry })
        if (page.length < limit) continue
        yield page
        page = []
      }
    } finally {
      await pairs.return?.()
    }
    if (page.length > 0) yield page
  }

  return defineStore(
    {
      get: async (key) => unpack(key, await calls.read('get', key, () => adapter.get(named(key)))),
      async set(key, entry) {
        await calls.write('set', key, () => adapter.set(named(key), pack(entry), expiryOf(entry)))
      },
      async delete(key) {
        await calls.write('delete', key, () => adapter.delete(named(key)))
      },
      list: ({ prefix, limit }) => list(prefix, limit),
      ...(adapter.getMany !== undefined && { getMany }),
      async close() {
        calls.stop()
        if (typeof store === 'function') await adapter.disconnect?.()
      },
    },
    { clock },
  )
}

/** @throws StateError `INVALID_OPTIONS` for what cannot be, or would quietly leave keys out */
function assertUsable(adapter: KeyvAdapter): void {
  const missing = missingMethod(adapter)
  if (missing !== undefined) {
    throw new StateError('INVALID_OPTIONS', `The function 'store' made an adapter without ${missing}()`)
  }
  // So of KeyvRedis; it throws if it is told to, and leaves keys with its separator out of lists unless it has a namespace.
  const settings = adapter as { throwOnErrors?: boolean; readonly noNamespaceAffectsAll?: boolean }
  if (settings.noNamespaceAffectsAll === false && !adapter.namespace) {
    const message = `Without a namespace this adapter leaves some keys out of lists: give it 'namespace', or 'noNamespaceAffectsAll: true'`
    throw new StateError('INVALID_OPTIONS', message)
  }
  if (settings.throwOnErrors === false) settings.throwOnErrors = true
}

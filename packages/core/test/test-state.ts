import {
  type AnyStore,
  type Backend,
  type Capabilities,
  type Check,
  type Clock,
  compareKeys,
  conflict,
  createState,
  type Entry,
  incrementEntry,
  isExpired,
  isStateError,
  type Operation,
  type OperationResult,
  type State,
  type StateError,
  type StateErrorCode,
  type StateOptions,
  type StateStore,
} from '../src/index.ts'

export const capabilities: Capabilities = {
  ttl: 'lazy',
  atomicity: 'process',
  transactions: true,
  durable: false,
  shared: false,
  ordered: true,
  watch: false,
  optimize: false,
  maxKeyBytes: 1024,
  maxValueBytes: 1_000_000,
}

/** A clock that only `advance` moves. */
export function manualClock(start = 1_700_000_000_000): Clock & { advance(ms: number): void } {
  let now = start
  return {
    now: () => now,
    advance(ms) {
      now += ms
    },
  }
}

/** A whole store over a Map that answers at once, and takes its turns of the event loop only where it has to. */
export function mapStore(clock: Clock, { ordered = true }: { readonly ordered?: boolean } = {}): StateStore {
  const entries = new Map<string, Entry>()

  function live(key: string): Entry | undefined {
    const entry = entries.get(key)
    return entry === undefined || isExpired(entry, clock.now()) ? undefined : entry
  }

  function check({ key, version }: Check): void {
    if ((live(key)?.version ?? null) !== version) throw conflict(key)
  }

  function apply(operation: Operation): OperationResult {
    const { key } = operation
    if (operation.op === 'set') {
      entries.set(key, operation.entry)
      return { op: 'set' }
    }
    if (operation.op === 'delete') return { op: 'delete', deleted: remove(key) }
    const { entry, result } = incrementEntry(live(key), operation)
    entries.set(key, entry)
    return result
  }

  function remove(key: string): boolean {
    const found = live(key) !== undefined
    entries.delete(key)
    return found
  }

  return {
    get: live,
    getMany: async (keys) => keys.map(live),
    async *list({ prefix = '', after, limit = 1000, keysOnly = false } = {}) {
      const keys = [...entries.keys()].filter((key) => key.startsWith(prefix) && live(key) !== undefined)
      if (ordered) keys.sort(compareKeys)
      const rest = after === undefined ? keys : keys.filter((key) => compareKeys(key, after) > 0)
      for (let i = 0; i < rest.length; i += limit) {
        yield rest.slice(i, i + limit).flatMap((key) => {
          const entry = live(key)
          if (entry === undefined) return []
          return keysOnly ? [{ key }] : [{ key, entry }]
        })
      }
    },
    set(key, entry, options) {
      if (options?.ifVersion !== undefined) check({ key, version: options.ifVersion })
      entries.set(key, entry)
    },
    delete(key, options) {
      if (options?.ifVersion !== undefined) check({ key, version: options.ifVersion })
      return remove(key)
    },
    async write({ operations, checks = [] }) {
      for (const one of checks) check(one)
      return { results: operations.map(apply) }
    },
    async stats() {
      const keys = [...entries.keys()].filter((key) => live(key) !== undefined).length
      return { keys, bytes: 0, expired: entries.size - keys }
    },
    async cleanup({ onRemoved } = {}) {
      const removed = [...entries.keys()].filter((key) => live(key) === undefined)
      for (const key of removed) entries.delete(key)
      onRemoved?.(removed)
      return { removed: removed.length }
    },
    close: async () => entries.clear(),
  }
}

/** A backend that opens this store. */
export function backendOf(store: AnyStore, changed: Partial<Capabilities> = {}): Backend {
  return {
    plugin: { name: 'test', capabilities: { ...capabilities, ...changed } },
    open: async () => store,
  }
}

export interface TestState {
  readonly state: State
  readonly store: AnyStore
  readonly clock: ReturnType<typeof manualClock>
}

/** A state over a Map store, without a periodic cleanup, and some of the store's methods replaced. */
export async function testState(
  options: Partial<StateOptions<'main'>> & { readonly capabilities?: Partial<Capabilities> } = {},
  replace: (store: StateStore) => Partial<AnyStore> = () => ({}),
): Promise<TestState> {
  const { capabilities: changed, ...stateOptions } = options
  const clock = manualClock()
  const inner = mapStore(clock, { ordered: changed?.ordered ?? true })
  const store: AnyStore = { ...inner, ...replace(inner) }
  const state = await createState({
    backends: { main: backendOf(store, changed) },
    clock,
    cleanupInterval: false,
    logger: { warn: () => {} },
    ...stateOptions,
  })
  return { state, store, clock }
}

/** What the call fails with, be it thrown or rejected. Not failing, or with no StateError, is an error. */
export async function failureOf(call: () => unknown): Promise<StateError> {
  let result: unknown
  try {
    result = await call()
  } catch (error) {
    if (isStateError(error)) return error
    throw new Error('failed with what is not a StateError', { cause: error })
  }
  throw new Error(`did not fail; the result is ${String(result)}`)
}

export async function codeOf(call: () => unknown): Promise<StateErrorCode> {
  return (await failureOf(call)).code
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** A promise that never settles, as of a backend that never answers. */
export const never: Promise<never> = new Promise<never>(() => {})

/** Lets everything that is ready to run do so. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** As `turn`, and late enough for Node to have told of unhandled rejections. */
export const systemTurn = async (): Promise<void> => {
  await turn()
  await turn()
}

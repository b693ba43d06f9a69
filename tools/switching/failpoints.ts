import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import {
  type AnyStore,
  type Backend,
  definePlugin,
  fileJournal,
  type State,
  type StateStore,
  type SwitchJournal,
  type SwitchProgress,
} from '@switchyard/core'

/** What a switch asks of the backend that does not serve, beside reading and writing entries. */
const CALLS = [
  'checkHealth',
  'fence',
  'incarnation',
  'list',
  'write',
  'importMany',
  'getMany',
  'flush',
] as const

/** Where a process may end in a switch: before and after each thing that is waited for, and at any moment. */
export const FAILPOINTS = [
  ...['prepared', 'committed', 'completed', 'aborted'].flatMap((state) => [
    `before ${state} is recorded`,
    `after ${state} is recorded`,
  ]),
  'before the journal is replaced at the commit',
  'after the journal is replaced at the commit',
  ...['copying', 'catching-up', 'verifying', 'cutting-over', 'done', 'aborted'],
  'in the middle of copying',
  ...CALLS.flatMap((call) => [`before ${call} of the target`, `after ${call} of the target`]),
  'some time',
] as readonly string[]
export type Failpoint = string

/** A switch is well over after so long. */
const SOME_TIME_MS = 400
/** Some backends have nothing to do for some of it; then the process ends after so long. */
const ANY_TIME_MS = 3000

export function end(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

/** A journal that ends the process before or after a record, or in the middle of the one that commits. */
export function failingJournal(path: string, failpoint: Failpoint): SwitchJournal {
  const journal = fileJournal(path)
  const { rename } = fs
  let commits = false
  fs.rename = async (from, to) => {
    if (commits && failpoint === 'before the journal is replaced at the commit') end()
    await rename(from, to)
    if (commits && failpoint === 'after the journal is replaced at the commit') end()
  }
  syncBuiltinESMExports()
  return {
    read: () => journal.read(),
    async write(record) {
      const state = record.latest?.state
      if (failpoint === `before ${state} is recorded`) end()
      commits = state === 'committed'
      await journal.write(record)
      commits = false
      if (failpoint === `after ${state} is recorded`) end()
    },
  }
}

/** A backend that ends the process before or after a call, while another one serves: then it is the switch that calls. */
export function failingBackend(backend: Backend, failpoint: Failpoint, serves: () => boolean): Backend {
  function failing(store: AnyStore): Partial<AnyStore> {
    const calls: Record<string, unknown> = {}
    for (const call of CALLS) {
      const method = store[call] as ((...args: readonly unknown[]) => unknown) | undefined
      if (method === undefined) continue
      calls[call] = (...args: readonly unknown[]) => {
        if (serves()) return method(...args)
        if (failpoint === `before ${call} of the target`) end()
        const answer = method(...args)
        if (failpoint !== `after ${call} of the target`) return answer
        return call === 'list'
          ? endAfterFirst(answer as AsyncIterable<unknown>)
          : Promise.resolve(answer).then(end)
      }
    }
    return calls as Partial<AnyStore>
  }

  const plugin = definePlugin({
    name: 'failing',
    capabilities: { ...backend.plugin.capabilities, watch: false, optimize: false },
    optionsSchema: { '~standard': { version: 1, vendor: 'switchyard', validate: () => ({ value: {} }) } },
    async open(_: object, context): Promise<StateStore & { watch?: never; optimize?: never }> {
      const { watch: _watch, optimize: _optimize, ...store }: AnyStore = await backend.open(context)
      return { ...store, ...(failing(store) as Partial<StateStore>) }
    },
  })
  return plugin({})
}

async function* endAfterFirst(pages: AsyncIterable<unknown>): AsyncIterable<unknown> {
  for await (const page of pages) {
    yield page
    end()
  }
  end()
}

/** Ends the process in this phase of a switch, or at any moment. */
export function failIn(state: State, failpoint: Failpoint): void {
  setTimeout(end, failpoint === 'some time' ? Math.random() * SOME_TIME_MS : ANY_TIME_MS)
  state.on('switch', ({ phase, copied }: SwitchProgress) => {
    if (phase === failpoint) end()
    if (failpoint === 'in the middle of copying' && copied > 0) end()
  })
}

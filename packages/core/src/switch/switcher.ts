import { randomUUID } from 'node:crypto'
import { atMost } from '../at-most.ts'
import type { Cleaner } from '../cleaner.ts'
import type { Clock } from '../clock.ts'
import { asStateError, isStateError, StateError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import type { Registry } from '../registry.ts'
import type { ChangedKeys } from './changed-keys.ts'
import { checkedLimits } from './copy-limits.ts'
import type { DirtyKeys } from './dirty-keys.ts'
import type { SwitchRecord } from './journal.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import { isEmpty, type SwitchPlan, unfitness, wipe } from './preflight.ts'
import { createProgress, type SwitchProgress } from './progress.ts'
import type { RecordKeeper } from './record-keeper.ts'
import { createSwitchEnds, refused } from './switch-ends.ts'
import { runSwitch, type Side } from './switch-run.ts'

export interface SwitchOptions {
  /** How long operations may wait in the cut-over. Default 250. */
  readonly pauseBudgetMs?: number
  /** Keys copied in a second at the most, to spare the source. Default: as many as there come. */
  readonly maxRate?: number
  /** The target may hold other data, which is removed. Not needed for what an earlier switch has left there. */
  readonly replace?: boolean
  /** The target may be one that does not survive the process, such as memory. */
  readonly allowVolatile?: boolean
  /** No other process writes to the source; needed where several could, as those are not held off. */
  readonly exclusive?: boolean
}

/** A switch that was begun. */
export interface SwitchRun {
  readonly id: string
  readonly from: string
  readonly to: string
  /** Where it stands. */
  readonly status: SwitchProgress
  /** Each change of phase, and the figures now and then; ends with the switch. */
  progress(): AsyncIterable<SwitchProgress>
  /** Resolves when the target serves. Rejects when the switch was given up; then the source serves. */
  readonly done: Promise<SwitchProgress>
  /**
   * Gives it up and removes what was copied. Once the target serves it is too late; then this rejects with `CONFLICT`, and
   * with `TIMEOUT` while a backend does not answer.
   */
  abort(): Promise<void>
  /**
   * Goes back to the source, which is kept for it until `complete()`: only what was changed since is copied, or everything
   * if that is very much.
   *
   * @throws StateError as `State.switchTo`
   */
  rollback(options?: Omit<SwitchOptions, 'replace' | 'allowVolatile'>): Promise<SwitchRun>
  /** Lets the source go. Its data stay where they are. */
  complete(): Promise<void>
}

/** Moves the state from one backend to another while it is used. */
export interface Switcher {
  /** @throws StateError as `State.switchTo` */
  start(to: string, options: SwitchOptions): Promise<SwitchRun>
  plan(to: string, options: SwitchOptions): Promise<SwitchPlan>
  /** Records that a restore has begun, and that it has ended. */
  restoring(isUnderWay: boolean): Promise<void>
  /** Records that a backend is gone, and what it held with it: another one of that name is not ours to empty. */
  forget(backend: string): Promise<void>
  /** Gives up a switch that is under way or about to begin; no other one begins. */
  close(): Promise<void>
}

export interface SwitcherOptions {
  readonly registry: Registry
  readonly operations: Operations
  readonly clock: Clock
  readonly keeper: RecordKeeper
  readonly oneAtATime: OneAtATime
  readonly onProgress: (progress: SwitchProgress) => void
  /** A failure that no caller waits for. */
  readonly onError: (error: StateError) => void
  /** A cleanup may take longer than a pause. */
  readonly cleaner: Pick<Cleaner, 'hold' | 'idle'>
}

/** How long it is waited for what a switch that was given up has on its way. */
const ABORT_MS = 10_000

export function createSwitcher(options: SwitcherOptions): Switcher {
  const { registry, operations, clock, keeper, oneAtATime, onProgress, onError, cleaner } = options
  let beginning: Promise<SwitchRun> | undefined
  let running: SwitchRun | undefined
  let closed = false
  /** The last switch that was done. There is a way back from no other, as what is changed is followed from it on. */
  let lastDone: string | undefined
  /** Why nothing can be switched any more. */
  let halted: StateError | undefined
  const ends = createSwitchEnds(registry, operations)

  /** Whether what the target holds need not be asked for. */
  const isOurs = (to: string, replace: boolean | undefined): boolean =>
    replace === true || keeper.record.leftovers.includes(to)

  async function prepare(to: string, switchOptions: SwitchOptions): Promise<{ source: Side; target: Side }> {
    if (halted !== undefined) throw halted
    const pair = await ends.find(to, switchOptions)
    const { source, target } = pair
    await ends.inspect(source, target)
    if (isOurs(to, switchOptions.replace)) await wipe(target.store)
    else if (!(await isEmpty(target.store))) throw refused('CONFLICT', notEmpty(to), to)
    return pair
  }

  async function prepareRollback(
    source: Side,
    target: Side,
    switchOptions: SwitchOptions,
    changed: DirtyKeys | undefined,
  ): Promise<void> {
    if (halted !== undefined) throw halted
    await ends.find(target.backend, { ...switchOptions, allowVolatile: true })
    await ends.inspect(source, target)
    if (changed === undefined) await wipe(target.store)
  }

  async function begin(
    source: Side,
    target: Side,
    switchOptions: SwitchOptions,
    differing: DirtyKeys | undefined,
  ): Promise<SwitchRun> {
    const limits = checkedLimits(switchOptions)
    const id = randomUUID()
    const names = { id, from: source.backend, to: target.backend }
    const controller = new AbortController()
    const progress = createProgress(names, onProgress)
    const latest = (state: NonNullable<SwitchRecord['latest']>['state']) => ({
      ...names,
      state,
      at: clock.now(),
    })
    assertOpen()
    await keeper.change((record) => ({
      ...record,
      leftovers: without(record.leftovers, target.backend),
      latest: latest('prepared'),
    }))
    let changed: ChangedKeys | undefined

    async function run(): Promise<SwitchProgress> {
      try {
        changed = await runSwitch({
          source,
          target,
          operations,
          clock,
          progress,
          ...limits,
          differing,
          signal: controller.signal,
          commit: () =>
            keeper.change((record) => ({
              ...record,
              active: target.backend,
              // From now on the source holds nothing but a copy that grows old.
              leftovers: [...without(record.leftovers, source.backend), source.backend],
              latest: latest('committed'),
            })),
          onHalt(reason) {
            halted = reason
          },
          beforeCutOver: () => cleaner.idle(),
        })
      } catch (error) {
        if (halted === undefined) await giveUp()
        progress.update({ phase: isStateError(error, 'ABORTED') ? 'aborted' : 'failed' })
        throw error
      } finally {
        if (running?.id === id) running = undefined
      }
      lastDone = id
      progress.update({ phase: 'done', dirty: 0 })
      return progress.current
    }

    /** Removes the copy, unless the target is an old source, whose data are as good as they were. */
    async function giveUp(): Promise<void> {
      const rest = (record: SwitchRecord) => without(record.leftovers, target.backend)
      try {
        // Recorded first: what the journal names as the one that serves is never removed.
        await keeper.change((record) => ({
          ...record,
          leftovers: [...rest(record), target.backend],
          latest: latest('aborted'),
        }))
        if (differing !== undefined) return
        await wipe(target.store)
        await keeper.change((record) => ({ ...record, leftovers: rest(record) }))
      } catch (error) {
        onError(asStateError(error, { backend: target.backend, operation: 'switch' }))
      }
    }

    const switchRun: SwitchRun = {
      ...names,
      get status() {
        return progress.current
      },
      progress: () => progress.watch(),
      done: run(),
      async abort() {
        controller.abort(new StateError('ABORTED', 'The switch was aborted', { operation: 'switch' }))
        const isDone = switchRun.done.then(
          () => true,
          () => false,
        )
        if (!(await atMost(ABORT_MS, isDone))) {
          const message = `'${source.backend}' or '${target.backend}' does not answer; '${source.backend}' serves, and the switch ends when both do`
          throw new StateError('TIMEOUT', message, { backend: target.backend, operation: 'switch' })
        }
        if (await isDone)
          throw refused('CONFLICT', `'${target.backend}' serves already; roll back`, target.backend)
      },
      async rollback(settings = {}) {
        if (changed === undefined || lastDone !== id) {
          const why = 'the switch is not done, its source was let go, or there was another one since'
          throw refused('CONFLICT', why, source.backend)
        }
        const { keys } = changed
        return exclusively(source.backend, async () => {
          await prepareRollback(target, source, settings, keys)
          return begin(target, source, settings, keys)
        })
      },
      async complete() {
        if (changed === undefined || lastDone !== id) return
        const end = oneAtATime.begin('the completion of a switch')
        try {
          if (halted !== undefined) throw halted
          await keeper.change((record) => ({ ...record, latest: latest('completed') }))
          changed = undefined
          void operations.replaceRoute(target)
        } finally {
          end()
        }
      },
    }
    // Who is not interested in the end must not be told of it by the process.
    switchRun.done.catch(() => undefined)
    running = switchRun
    return switchRun
  }

  function assertOpen(): void {
    if (closed) throw new StateError('CLOSED', 'The state is closed', { operation: 'switch' })
  }

  /** Nothing else of that kind can begin before the run has ended. */
  async function exclusively(to: string, work: () => Promise<SwitchRun>): Promise<SwitchRun> {
    assertOpen()
    const endSwitch = oneAtATime.begin(`a switch to '${to}'`)
    const release = cleaner.hold()
    const end = (): void => {
      release()
      endSwitch()
    }
    try {
      beginning = work()
      const run = await beginning
      void run.done.then(end, end)
      return run
    } catch (error) {
      end()
      throw error
    }
  }

  return {
    start: (to, switchOptions) =>
      exclusively(to, async () => {
        const { source, target } = await prepare(to, switchOptions)
        return begin(source, target, switchOptions, undefined)
      }),
    async plan(to, switchOptions) {
      if (halted !== undefined) throw halted
      const { source, target } = await ends.find(to, switchOptions)
      const plan = await ends.plan(source, target)
      const unfit = await unfitness(source, target)
      const mayReplace = isOurs(to, switchOptions.replace)
      const isFree = mayReplace || unfit !== undefined || (await isEmpty(target.store))
      return { ...plan, obstacles: [unfit ?? [], isFree ? [] : notEmpty(to)].flat() }
    },
    async restoring(isUnderWay) {
      if (halted !== undefined) throw halted
      await keeper.change(({ restoring: _, ...rest }) =>
        isUnderWay ? { ...rest, restoring: clock.now() } : rest,
      )
    },
    async forget(backend) {
      if (halted !== undefined) throw halted
      if (!keeper.record.leftovers.includes(backend)) return
      await keeper.change((record) => ({ ...record, leftovers: without(record.leftovers, backend) }))
    },
    async close() {
      closed = true
      const begun = beginning?.catch(() => undefined) ?? Promise.resolve()
      await atMost(ABORT_MS, begun)
      await running?.abort().catch(() => undefined)
    },
  }
}

function without(names: readonly string[], name: string): readonly string[] {
  return names.filter((one) => one !== name)
}

function notEmpty(to: string): string {
  return `'${to}' is not empty; say replace: true to remove what it holds`
}

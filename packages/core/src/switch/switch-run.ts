import { atMost } from '../at-most.ts'
import type { AnyStore, Capabilities } from '../capabilities.ts'
import type { Clock } from '../clock.ts'
import { asStateError, isStateError, StateError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import { abortable } from './abortable.ts'
import { createCatchUp } from './catch-up.ts'
import { type ChangedKeys, createChangedKeys } from './changed-keys.ts'
import { compareKeys, compareStores } from './compare.ts'
import { createCopier } from './copier.ts'
import { cutOver } from './cut-over.ts'
import { createDirtyKeys, type DirtyKeys } from './dirty-keys.ts'
import { haltedStore } from './halted-store.ts'
import { createPace } from './pace.ts'
import type { ProgressReporter } from './progress.ts'
import { trackedStore } from './tracked-store.ts'

/** How long the journal may take at the commit, while operations wait. */
const COMMIT_MS = 10_000

/** One end of a switch. */
export interface Side {
  readonly backend: string
  readonly store: AnyStore
  readonly capabilities: Capabilities
}

export interface SwitchSettings {
  /** How long operations may wait in the cut-over. */
  readonly pauseBudgetMs: number
  /** Keys copied in a second at the most; 0: as many as there come. */
  readonly maxRate: number
}

export interface RunOptions extends SwitchSettings {
  readonly source: Side
  readonly target: Side
  readonly operations: Operations
  readonly clock: Clock
  readonly progress: ProgressReporter
  readonly signal: AbortSignal
  /** The keys that differ, where the target has the rest already; else it is empty and gets everything. */
  readonly differing: DirtyKeys | undefined
  /** Records durably that the target serves. */
  readonly commit: () => Promise<void>
  /** It is not known whether that was recorded; neither store may be served from or changed any more. */
  readonly onHalt: (reason: StateError) => void
  /** Resolves when what would take longer than a pause has ended. */
  readonly beforeCutOver: () => Promise<void>
}

/**
 * Runs a switch from its first copy to its commit, as described in the documentation of switching: the source is the
 * only authority until the commit; what is written meanwhile is marked when it has settled, and copied again.
 *
 * Resolves with the keys that are written to the target from the commit on. When it rejects, the source serves.
 */
export async function runSwitch(options: RunOptions): Promise<ChangedKeys> {
  const { source, target, operations, clock, progress, pauseBudgetMs, maxRate, signal, differing } = options
  const dirty = differing ?? createDirtyKeys()
  /** Once it has begun there is nothing to abort any more. */
  let committing = false
  let halted = false
  /** Keys whose last write may be applied later than its caller was told. */
  const unknown = new Set<string>()
  /** Keys that differed when they were compared. */
  const suspects = new Set<string>()
  const ends = { source: source.store, target: target.store, clock }
  const pace = createPace({ maxRate, signal, traffic: () => operations.sent })

  const copier = createCopier({
    source: source.store,
    target: target.store,
    dirty,
    pace,
    onCopied: (count) => progress.update({ copied: progress.current.copied + count, dirty: dirty.size }),
  })

  const follow = createCatchUp({
    copier,
    dirty,
    pauseBudgetMs,
    signal,
    onRound: () => progress.update({ dirty: dirty.size }),
  })

  async function catchUp(): Promise<void> {
    progress.update({ phase: 'catching-up' })
    await follow.run()
  }

  async function verify(): Promise<void> {
    progress.update({ phase: 'verifying' })
    follow.relax()
    await compareStores({
      ...ends,
      pace,
      onDifference: (key) => suspects.add(key),
      onCompared: (count) => progress.update({ verified: progress.current.verified + count }),
    })
    for (const key of suspects) dirty.add(key)
  }

  /** Most suspects were only written while they were compared, and have been copied since; the rest are copied once more. */
  async function recheck(): Promise<void> {
    const quiet = [...suspects].filter((key) => !dirty.has(key))
    suspects.clear()
    await compareKeys(quiet, { ...ends, onDifference: (key) => suspects.add(key) })
    for (const key of suspects) {
      // Written just now: it is copied again for that.
      if (dirty.has(key)) suspects.delete(key)
      else dirty.add(key)
    }
    progress.update({ repaired: progress.current.repaired + suspects.size })
  }

  async function verifyLast(drained: readonly string[], overrun: AbortSignal): Promise<void> {
    const differing: string[] = []
    await compareKeys(
      [...new Set([...suspects, ...drained])],
      { ...ends, onDifference: (key) => void differing.push(key) },
      overrun,
    )
    const [first] = differing
    if (first === undefined) return
    const message = `Backend '${target.backend}' does not hold what was copied to it: ${differing.length} keys differ, such as '${first}'`
    throw new StateError('CORRUPT', message, { backend: target.backend, key: first })
  }

  /** A server that was started anew may have lost what was copied to it. */
  async function assertSameIncarnation(): Promise<void> {
    if ((await target.store.incarnation?.()) === incarnation) return
    const message = `Backend '${target.backend}' was restarted or replaced while it was copied to, and may have lost some of it; switch again`
    throw new StateError('UNAVAILABLE', message, { backend: target.backend })
  }

  /** Whether the target serves is not known: to go on with either store could lose what the other one is given. */
  function halt(cause: unknown): void {
    halted = true
    const why = cause instanceof Error ? cause.message : String(cause)
    const message = `It is not known which backend serves, as the journal could not be written: ${why}. Restart the process; the journal tells`
    const reason = new StateError('UNAVAILABLE', message, { retryable: false, cause })
    options.onHalt(reason)
    void operations.replaceRoute({ ...plainRoute, store: haltedStore(reason) })
  }

  let incarnation: string | undefined
  const changed = createChangedKeys()
  const plainRoute = operations.route

  try {
    incarnation = await target.store.incarnation?.()
    // From here on each write marks its key; the scan waits for those that were sent before.
    await abortable(
      operations.replaceRoute({
        ...plainRoute,
        store: trackedStore(plainRoute.store, {
          onWritten: dirty.add,
          onUnknown: (key) => unknown.add(key),
          delayMs: () => follow.delayMs,
        }),
      }),
      signal,
    )
    if (differing === undefined) {
      progress.update({ phase: 'copying', total: (await source.store.stats()).keys })
      await copier.copyAll()
    }
    await catchUp()
    await verify()
    await catchUp()
    await recheck()
    await catchUp()
    // Most of it before the pause.
    await target.store.flush?.()
    await abortable(options.beforeCutOver(), signal)
    await catchUp()
    await cutOver({
      operations,
      copier,
      progress,
      pauseBudgetMs,
      signal,
      catchUp,
      async settle(drained, overrun) {
        await verifyLast(drained, overrun)
        overrun.throwIfAborted()
        await target.store.flush?.()
        await assertSameIncarnation()
      },
      onIdle() {
        for (const key of unknown) dirty.add(key)
      },
      async commit() {
        committing = true
        try {
          await inTime(options.commit(), COMMIT_MS)
        } catch (error) {
          if (!isCertainlyNotDone(error)) halt(error)
          throw error
        }
        void operations.replaceRoute({
          backend: target.backend,
          capabilities: target.capabilities,
          store: trackedStore(target.store, { onWritten: changed.add }),
        })
      },
    })
    return changed
  } catch (error) {
    if (!halted) void operations.replaceRoute(plainRoute)
    throw asStateError(signal.aborted && !committing ? signal.reason : error, { operation: 'switch' })
  }
}

/** Of a journal that does not answer it is not known what it does. */
async function inTime(commit: Promise<void>, limitMs: number): Promise<void> {
  if (await atMost(limitMs, commit)) return
  throw new StateError('OUTCOME_UNKNOWN', `the journal did not answer within ${limitMs} ms`)
}

/** A journal says so with an error of ours; one of another kind could mean anything. */
function isCertainlyNotDone(error: unknown): boolean {
  return isStateError(error) && error.code !== 'OUTCOME_UNKNOWN'
}

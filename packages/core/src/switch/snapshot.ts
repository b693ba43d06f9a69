import { asStateError, StateError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import type { Operation } from '../store.ts'
import { abortable } from './abortable.ts'
import { createCatchUp } from './catch-up.ts'
import { createCopier } from './copier.ts'
import { checkedLimits } from './copy-limits.ts'
import { cutOver } from './cut-over.ts'
import { createDirtyKeys } from './dirty-keys.ts'
import { createPace } from './pace.ts'
import { createProgress } from './progress.ts'
import { trackedStore } from './tracked-store.ts'

/** What a snapshot hands over: an entry as it is, or that a key handed over before is gone. */
export type SnapshotOperation = Extract<Operation, { readonly op: 'set' | 'delete' }>

export interface SnapshotOptions {
  /** How long operations may wait at the end. Default 250. */
  readonly pauseBudgetMs?: number
  /** Keys read in a second at the most, to spare the backend. Default: as many as there come. */
  readonly maxRate?: number
  /** Gives up. */
  readonly signal?: AbortSignal
}

/** What there was to a snapshot. */
export interface SnapshotResult {
  /** Entries and deletions that were handed over. */
  readonly records: number
  /** How long operations have waited. */
  readonly pauseMs: number
}

/**
 * Hands over every entry while all goes on, then what was written meanwhile, and the last of that while operations wait:
 * taken together, in this order, it is the state at that moment.
 */
export async function takeSnapshot(
  operations: Operations,
  write: (batch: readonly SnapshotOperation[]) => Promise<void>,
  { signal = new AbortController().signal, ...limits }: SnapshotOptions,
): Promise<SnapshotResult> {
  const { pauseBudgetMs, maxRate } = checkedLimits(limits)
  const dirty = createDirtyKeys()
  const unknown = new Set<string>()
  const route = operations.route
  const progress = createProgress({ id: '', from: route.backend, to: '' }, () => {})
  let records = 0
  const copier = createCopier({
    source: route.store,
    target: {
      async write(batch) {
        await write(batch.operations as readonly SnapshotOperation[])
        return { results: [] }
      },
    },
    dirty,
    // A listener that is slow holds up the copy, not the memory, and gets its batches in their order.
    depth: 1,
    pace: createPace({ maxRate, signal, traffic: () => operations.sent }),
    onCopied(count) {
      records += count
    },
  })
  const catchUp = createCatchUp({ copier, dirty, pauseBudgetMs, signal, onRound: () => {} })
  const store = trackedStore(route.store, {
    onWritten: dirty.add,
    onUnknown: (key) => unknown.add(key),
    delayMs: () => catchUp.delayMs,
  })
  try {
    signal.throwIfAborted()
    await abortable(operations.replaceRoute({ ...route, store }), signal)
    await copier.copyAll()
    await catchUp.run()
    await cutOver({
      operations,
      copier,
      progress,
      pauseBudgetMs,
      signal,
      catchUp: () => catchUp.run(),
      onIdle() {
        for (const key of unknown) dirty.add(key)
      },
      settle: async () => {},
      commit: async () => {},
    })
    return { records, pauseMs: progress.current.pauseMs }
  } catch (error) {
    if (!signal.aborted) throw asStateError(error, { operation: 'snapshot' })
    throw new StateError('ABORTED', 'The snapshot was aborted', {
      operation: 'snapshot',
      cause: signal.reason,
    })
  } finally {
    void operations.replaceRoute(route)
  }
}

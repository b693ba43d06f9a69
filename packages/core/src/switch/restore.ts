import { asStateError, StateError } from '../errors.ts'
import type { Events } from '../events.ts'
import type { Operations } from '../operations.ts'
import { isEmpty, wipe } from './preflight.ts'
import type { SnapshotOperation } from './snapshot.ts'

export interface RestoreOptions {
  /**
   * 'empty': only if there is no entry. 'merge': what is restored replaces what has the same key, the rest stays.
   * 'replace': afterwards there is what is restored and nothing else. Operations wait until it is done. Default 'empty'.
   */
  readonly mode?: 'empty' | 'merge' | 'replace'
  readonly signal?: AbortSignal
}

const MODES: ReadonlySet<string> = new Set(['empty', 'merge', 'replace'])

export interface RestoreResult {
  /** Entries and deletions that were written. */
  readonly records: number
}

export interface RestoreContext {
  readonly operations: Operations
  readonly events: Events
  /** Records, durably, that a restore is under way, or is not any more. */
  readonly record: (isUnderWay: boolean) => Promise<void>
}

/** Writes entries as they are, with their versions and expiries, while operations wait. */
export async function restore(
  { operations, events, record }: RestoreContext,
  batches: AsyncIterable<readonly SnapshotOperation[]>,
  { mode = 'empty', signal }: RestoreOptions,
): Promise<RestoreResult> {
  if (!MODES.has(mode)) {
    const message = `mode is ${[...MODES].join(', ')}, not ${String(mode)}`
    throw new StateError('INVALID_OPTIONS', message, { operation: 'restore' })
  }
  let records = 0
  const idle = operations.pause()
  try {
    await idle
    const { store, backend } = operations.route
    if (mode === 'empty' && !(await isEmpty(store))) {
      const message = `'${backend}' is not empty; restore with mode 'merge' or 'replace'`
      throw new StateError('CONFLICT', message, { backend })
    }
    signal?.throwIfAborted()
    // Whoever starts after a crash is to know that this is not all.
    await record(true)
    if (mode === 'replace') {
      await wipe(store, (keys) => {
        if (events.hears('change')) for (const key of keys) events.changed({ type: 'delete', key })
      })
    }
    for await (const batch of batches) {
      signal?.throwIfAborted()
      await store.write({ operations: batch })
      records += batch.length
      if (events.hears('change')) for (const operation of batch) events.changed(changeOf(operation))
    }
    await store.flush?.()
    await record(false)
    return { records }
  } catch (error) {
    if (signal?.aborted !== true) throw asStateError(error, { operation: 'restore' })
    const message = `The restore was aborted after ${records} records; restore again to complete it`
    throw new StateError('ABORTED', message, { operation: 'restore', cause: signal.reason })
  } finally {
    operations.resume()
  }
}

function changeOf(operation: SnapshotOperation): Parameters<Events['changed']>[0] {
  if (operation.op === 'delete') return { type: 'delete', key: operation.key }
  const { version, expiresAt } = operation.entry
  return { type: 'set', key: operation.key, version, ...(expiresAt !== undefined && { expiresAt }) }
}

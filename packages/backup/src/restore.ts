import {
  type SnapshotOperation,
  type State,
  StateError,
  type RestoreOptions as StateRestoreOptions,
} from '@switchyard/core'
import type { BackupInfo, ReadBackupOptions } from './options.ts'
import { readBackup } from './read-backup.ts'
import type { BackupRecord } from './record.ts'

export interface RestoreOptions extends StateRestoreOptions, ReadBackupOptions {
  /** Told now and then how many records have been checked, and how many restored, of how many. */
  readonly onProgress?: (progress: { readonly checked: number; readonly restored: number }) => void
}

export interface RestoreResult extends BackupInfo {
  /** Records whose entries have expired since; they are not restored. */
  readonly expired: number
}

/**
 * Brings a backup into the active backend of a state, with versions and expiries as they were. All of the file is read and
 * checked before the first key is changed; then operations wait until everything is written.
 *
 * @throws StateError `CORRUPT`, `INCOMPATIBLE` or `INVALID_OPTIONS` for a file that cannot be restored, `CONFLICT` if the
 *   state is not empty and `mode` is 'empty'; nothing was changed. If it fails later, restore again to complete it
 */
export async function restore(
  path: string,
  state: Pick<State, 'restore' | 'backends'>,
  options: RestoreOptions = {},
): Promise<RestoreResult> {
  const { onProgress } = options
  let checked = 0
  let restored = 0
  let expired = 0
  const check = sizeCheck(state)
  const info = await readAll(path, options, (records) => {
    for (const record of records) check(record)
    checked += records.length
    onProgress?.({ checked, restored })
  })

  async function* live(): AsyncGenerator<readonly SnapshotOperation[]> {
    for await (const batch of readBackup(path, options)) {
      const now = Date.now()
      yield batch.map((record) => {
        if (record.op === 'delete' || (record.entry.expiresAt ?? Number.POSITIVE_INFINITY) > now)
          return record
        expired++
        // An earlier record of the key must not stay.
        return { op: 'delete', key: record.key }
      })
      restored += batch.length
      onProgress?.({ checked, restored })
    }
  }

  await state.restore(live(), options)
  return { ...info, expired }
}

async function readAll(
  path: string,
  options: ReadBackupOptions,
  onRecords: (records: readonly BackupRecord[]) => void,
): Promise<BackupInfo> {
  const records = readBackup(path, options)
  try {
    for (;;) {
      const next = await records.next()
      if (next.done === true) return next.value
      onRecords(next.value)
    }
  } finally {
    // The file is closed also where a record was refused.
    await records.return(undefined as never)
  }
}

/** Throws for what the active backend cannot hold. */
function sizeCheck({ backends }: Pick<State, 'backends'>): (record: BackupRecord) => void {
  const active = backends.list().find(({ name }) => name === backends.active)
  const { maxKeyBytes = 0, maxValueBytes = 0 } = active?.capabilities ?? {}
  return (record) => {
    const keyBytes = Buffer.byteLength(record.key)
    const valueBytes = record.op === 'set' ? record.entry.value.byteLength : 0
    if (keyBytes <= maxKeyBytes && valueBytes <= maxValueBytes) return
    const message = `'${backends.active}' cannot hold the entry of '${record.key}': key of ${keyBytes} bytes (${maxKeyBytes} are the limit), value of ${valueBytes} (${maxValueBytes})`
    throw new StateError('INCOMPATIBLE', message, { key: record.key })
  }
}

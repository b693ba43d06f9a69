import type { SnapshotOptions, SnapshotResult, State } from '@switchyard/core'
import type { BackupInfo, WriteBackupOptions } from './options.ts'
import { createBackupWriter } from './write-backup.ts'

export interface BackupOptions extends WriteBackupOptions, Omit<SnapshotOptions, 'signal'> {
  /** Told now and then how many records have been written. */
  readonly onProgress?: (records: number) => void
}

/**
 * Writes all of a state into a file, while it is used: what is in it is the state at the moment that this ends. The file is there
 * only when it is whole and on the disk.
 *
 * @throws StateError `CONFLICT` if the file is there or a switch, snapshot or restore is under way, `FULL`, `READ_ONLY`,
 *   `ABORTED`, and what the backend says; no file is left
 */
export async function backup(
  path: string,
  state: Pick<State, 'snapshot' | 'backends'>,
  options: BackupOptions = {},
): Promise<BackupInfo & Pick<SnapshotResult, 'pauseMs'>> {
  const { onProgress, source = state.backends.active } = options
  const writer = await createBackupWriter(path, { ...options, source })
  let records = 0
  try {
    const { pauseMs } = await state.snapshot(async (batch) => {
      await writer.write(batch)
      records += batch.length
      onProgress?.(records)
    }, options)
    return { ...(await writer.finish()), pauseMs }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

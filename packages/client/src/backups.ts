import type { CallOptions } from '@switchyard/core'
import { post } from './call.ts'
import type { Transport } from './transport.ts'

/** One in the server's folder of backups. */
export interface BackupFile {
  readonly name: string
  /** Of the file. */
  readonly bytes: number
  /** Unix ms. */
  readonly createdAt: number
}

/** What a backup says of itself. */
export interface BackupDetails extends BackupFile {
  /** The backend that it was made of. */
  readonly source?: string
  readonly compression: 'zstd' | 'gzip' | 'none'
  readonly encrypted: boolean
  /** Entries and deletions. */
  readonly records: number
}

export interface MadeBackup extends BackupDetails {
  /** How long operations have waited for it. */
  readonly pauseMs: number
}

export interface RestoredBackup extends BackupDetails {
  /** Records that had expired and were left out. */
  readonly expired: number
}

export interface RestoreOptions extends CallOptions {
  /**
   * 'empty' (default): only if there is no entry, else `CONFLICT`. 'merge': entries of the backup replace those of the same
   * key. 'replace': nothing else is left.
   */
  readonly mode?: 'empty' | 'merge' | 'replace'
}

export interface BackupMethods {
  /** All that the server has. */
  backups(options?: CallOptions): Promise<readonly BackupFile[]>
  /**
   * Backs the state up, as it is at one moment, while it is served. Resolves when the file is on the server's disk.
   *
   * @param name default: the time
   * @throws StateError `CONFLICT` if there is one of the name
   */
  backup(name?: string, options?: CallOptions): Promise<MadeBackup>
  /**
   * Restores a backup into the active backend; other requests wait.
   *
   * @throws StateError `INVALID_OPTIONS` if there is none of the name
   */
  restore(name: string, options?: RestoreOptions): Promise<RestoredBackup>
}

export function backupMethods(transport: Transport): BackupMethods {
  return {
    async backups(options) {
      const call = {
        operation: 'backups',
        method: 'GET',
        path: '/v1/backups',
        writes: false,
        options,
      } as const
      return (await transport.json<{ readonly backups: readonly BackupFile[] }>(call)).backups
    },
    backup: (name, options) =>
      transport.json(post('backup', '/v1/backup', { name }, { writes: true, options })),
    restore: (name, { mode, ...options } = {}) =>
      transport.json(post('restore', '/v1/restore', { name, mode }, { writes: true, options })),
  }
}

/** What makes a backup. */
export interface WriteBackupOptions {
  /** Default: 'zstd'. */
  readonly compression?: 'zstd' | 'gzip' | 'none'
  /** Encrypts with AES-256-GCM under a key that is derived from this one. A backup cannot be read without it. */
  readonly key?: string
  /** A file that is there already is replaced. Default false. */
  readonly overwrite?: boolean
  /** Where the data come from, for people. */
  readonly source?: string
  /** Gives up; no file is left. */
  readonly signal?: AbortSignal
}

export interface ReadBackupOptions {
  /** Of an encrypted backup. */
  readonly key?: string
  readonly signal?: AbortSignal
}

/** What a backup says of itself. */
export interface BackupInfo {
  /** Unix ms. */
  readonly createdAt: number
  readonly source?: string
  readonly compression: 'zstd' | 'gzip' | 'none'
  readonly encrypted: boolean
  /** Bytes of the file. */
  readonly bytes: number
  /** Entries and deletions. A key that was written while the backup was made is there more than once; the last one counts. */
  readonly records: number
}

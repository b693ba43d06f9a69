export { type BackupOptions, backupSqlite } from './backup.ts'
export type { SqliteOptions } from './options.ts'
export { sqlite } from './plugin.ts'

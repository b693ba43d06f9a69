import { definePlugin, type PluginFunction } from '@switchyard/core'
import { type SqliteOptions, sqliteOptions } from './options.ts'
import { openSqliteStore } from './store.ts'

const capabilities = {
  ttl: 'lazy',
  atomicity: 'store',
  transactions: true,
  durable: true,
  shared: true,
  ordered: true,
  watch: false,
  optimize: true,
  maxKeyBytes: 1024,
  maxValueBytes: 268_435_456,
} as const

/** State in an SQLite file, which several processes of one machine may share. */
export const sqlite: PluginFunction<SqliteOptions, typeof capabilities> = definePlugin({
  name: 'sqlite',
  capabilities,
  optionsSchema: sqliteOptions,
  open: openSqliteStore,
})

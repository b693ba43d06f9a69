import { stat } from 'node:fs/promises'
import {
  type Checkable,
  conflict,
  type Flushable,
  type Importable,
  type Optimizable,
  type PluginContext,
  type StateStore,
} from '@switchyard/core'
import { runBatch } from './batch.ts'
import { openDatabase } from './database.ts'
import { checkDatabase, optimizeDatabase, syncDatabase, usedBytes } from './maintenance.ts'
import type { SqliteOptions } from './options.ts'
import { sortedRuns } from './sorted-runs.ts'
import { createStatements } from './statements.ts'
import { createWorkQueue } from './work-queue.ts'

/** Expired entries that one step removes; other work comes in between. */
const CLEANUP_STEP = 500
/** Keys that one step counts. */
const COUNT_STEP = 20_000
/** Entries that one transaction of an import sets. */
const IMPORT_STEP = 1000
/** How long one transaction may take, so that the event loop turns; longer where each one costs a sync. */
const SLICE_MS = { normal: 1, full: 8 } as const

/** Opens the store in a file. */
export async function openSqliteStore(
  options: SqliteOptions,
  { clock }: Pick<PluginContext, 'clock'>,
): Promise<StateStore & Optimizable & Checkable & Flushable & Importable> {
  const { path, durability = 'normal', busyTimeoutMs = 5000 } = options
  const database = await openDatabase(options)
  const { ino } = await stat(path)
  const statements = createStatements(database)
  const queue = createWorkQueue({ database, path, busyTimeoutMs, sliceMs: SLICE_MS[durability] })

  let closing: Promise<void> | undefined

  async function close(): Promise<void> {
    await queue.drain()
    database.close()
  }

  async function countKeys(signal: AbortSignal | undefined): Promise<number> {
    let keys = 0
    for (let after: string | null = ''; after !== null; ) {
      const from: string = after
      const step = await queue.read(() => statements.countKeys(from, COUNT_STEP), signal)
      keys += step.count
      after = step.last
    }
    return keys
  }

  return {
    get: (key, { signal } = {}) => queue.read(() => statements.get(key, clock.now()), signal),
    getMany: async (keys, { signal } = {}) => queue.read(() => statements.getMany(keys, clock.now()), signal),
    async *list(listOptions = {}) {
      let { after } = listOptions
      for (;;) {
        const from = after === undefined ? listOptions : { ...listOptions, after }
        const page = await queue.read(() => statements.page(from, clock.now()), listOptions.signal)
        after = page.at(-1)?.key
        if (after === undefined) return
        yield page
      }
    },
    set: (key, entry, { ifVersion, signal } = {}) =>
      queue.writeOne(() => {
        if (ifVersion === undefined) statements.put(key, entry)
        else if (!statements.putIf({ key, version: ifVersion }, entry, clock.now())) throw conflict(key)
      }, signal),
    delete: (key, { ifVersion, signal } = {}) =>
      queue.writeOne(() => {
        if (ifVersion === undefined) return statements.delete(key, clock.now())
        if (statements.deleteIf(key, ifVersion, clock.now())) return true
        throw conflict(key)
      }, signal),
    write: (batch, { signal } = {}) =>
      queue.writeMany(() => runBatch(database, statements, batch, clock.now()), signal),
    async importMany(pages, { signal } = {}) {
      for await (const run of sortedRuns(pages)) {
        for (let from = 0; from < run.length; from += IMPORT_STEP) {
          const step = run.slice(from, from + IMPORT_STEP)
          await queue.writeMany(() => statements.putMany(step), signal)
        }
      }
    },
    async stats({ signal } = {}) {
      const all = await countKeys(signal)
      return queue.read(() => {
        const expired = statements.countExpired(clock.now())
        return { keys: Math.max(0, all - expired), bytes: usedBytes(database), expired }
      }, signal)
    },
    async cleanup({ signal, onRemoved } = {}) {
      let removed = 0
      for (;;) {
        const keys = await queue.writeOne(() => statements.deleteExpired(clock.now(), CLEANUP_STEP), signal)
        removed += keys.length
        if (keys.length > 0) onRemoved?.(keys)
        if (keys.length < CLEANUP_STEP) return { removed }
      }
    },
    optimize: () => optimizeDatabase(database, queue),
    checkHealth: () => checkDatabase(database, path, ino),
    flush: () => syncDatabase(path),
    close() {
      closing ??= close()
      return closing
    },
  }
}

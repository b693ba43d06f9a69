import { existsSync, type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import { StateError } from '@switchyard/core'
import { isShard } from './file-name.ts'
import { isDocument, shardsIn } from './scan.ts'

/** How long a file must be left alone before it is looked at: editors write in several steps. */
const QUIET_MS = 150
const TICK_MS = 50
/**
 * So many events in one turn of the event loop may be what is left of more. Linux keeps 16,384 for all watches of the
 * process (fs.inotify.max_queued_events), and Node drops the one that says that others were lost; those that were kept
 * are all heard in one turn. Our own writes make about 500.
 */
const BURST = 1000
/** From a burst to the search for what was lost in it and in those that follow. */
const AFTER_BURST_MS = 1000

export interface Watcher {
  /** Has the file or shard looked at in a while, whether or not it changes. */
  lookAgain(name: string, afterMs: number): void
  /** Idempotent. Nothing is told after it, and `lookAgain` does nothing. */
  close(): void
}

export interface WatcherOptions {
  readonly folder: string
  /** Files and shards that were touched, also by this process; named from the folder. */
  readonly onTouched: (names: readonly string[]) => void
  /** Any file may have been touched: there were more events than the system keeps. */
  readonly onMissed: () => void
  readonly onError: (error: StateError) => void
}

/** @throws StateError `UNAVAILABLE` if the system does not allow so many watches */
export function createWatcher({ folder, onTouched, onMissed, onError }: WatcherOptions): Watcher {
  const watches = new Map<string, FSWatcher>()
  /** When each touched name may be looked at. */
  const due = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let heardInTurn = 0
  let burst: NodeJS.Timeout | undefined
  let closed = false

  function touched(name: string, afterMs = QUIET_MS): void {
    if (closed) return
    due.set(name, performance.now() + afterMs)
    timer ??= setInterval(tick, TICK_MS).unref()
  }

  function tick(): void {
    const now = performance.now()
    const names = Array.from(due)
      .filter(([, at]) => at <= now)
      .map(([name]) => name)
    for (const name of names) due.delete(name)
    if (due.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
    if (names.length > 0) onTouched(names)
  }

  function watchAll(): void {
    watchFolder('')
    for (const shard of shardsIn(folder)) watchFolder(shard)
  }

  function watchFolder(shard: string): void {
    unwatch(shard)
    const path = join(folder, shard)
    let watcher: FSWatcher
    try {
      watcher = watch(path, { persistent: false }, (_, name) => heard(shard, name))
    } catch (cause) {
      const message = `'${path}' cannot be watched for edits (${(cause as Error).message}); on Linux raise fs.inotify.max_user_watches`
      throw new StateError('UNAVAILABLE', message, { cause })
    }
    watches.set(shard, watcher)
    // The folder was removed; the one above tells of that as well.
    watcher.on('error', () => unwatch(shard))
  }

  function unwatch(shard: string): void {
    watches.get(shard)?.close()
    watches.delete(shard)
  }

  function countInTurn(): void {
    if (heardInTurn === 0) {
      setImmediate(() => {
        heardInTurn = 0
      })
    }
    if (++heardInTurn === BURST) burst ??= setTimeout(afterBurst, AFTER_BURST_MS).unref()
  }

  function afterBurst(): void {
    burst = undefined
    try {
      // Shards that were made, or removed and made anew, were not told of either.
      watchAll()
    } catch (error) {
      onError(error as StateError)
    }
    onMissed()
  }

  function heard(shard: string, name: string | null): void {
    if (closed) return
    countInTurn()
    const file = shard === '' ? name : `${shard}/${name}`
    if (name === null || file === null) touched(shard)
    else if (shard === '' && isShard(name)) shardTouched(name)
    else if (isDocument(file)) touched(file)
  }

  function shardTouched(shard: string): void {
    try {
      if (existsSync(join(folder, shard))) watchFolder(shard)
      else unwatch(shard)
    } catch (error) {
      onError(error as StateError)
    }
    touched(shard)
  }

  function close(): void {
    closed = true
    clearInterval(timer)
    clearTimeout(burst)
    due.clear()
    for (const shard of [...watches.keys()]) unwatch(shard)
  }

  try {
    watchAll()
  } catch (error) {
    close()
    throw error
  }
  return { lookAgain: touched, close }
}

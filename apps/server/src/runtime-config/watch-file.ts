import { type FSWatcher, watch } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

export interface FileWatch {
  /** Resolves when the change that is being dealt with, if any, has been. */
  close(): Promise<void>
}

export interface FileWatchOptions<Found> {
  /** Where the file may be. */
  readonly paths: readonly string[]
  /** What is there now. Must not reject. */
  readonly read: () => Promise<Found>
  /** Whether two readings are the same. */
  readonly isSame: (one: Found, other: Found) => boolean
  /** What was there before. */
  readonly initial: Found
  /** Called with each change, one after the other. Must not reject. */
  readonly onChange: (found: Found) => Promise<void>
  /** It is looked at so often in any case. Default 5000. */
  readonly intervalMs?: number
  /** What has not changed for so long is taken for written. Default 200. */
  readonly settleMs?: number
}

/**
 * Follows what a file says. Folders are watched, and not the file, as most programs put a new file in its place, and a
 * symbolic link is followed by what it leads to. Where the system tells of no changes, as on network drives, looking
 * at the file now and then finds them.
 */
export function watchFile<Found>(options: FileWatchOptions<Found>): FileWatch {
  const { paths, read, isSame, onChange, intervalMs = 5000, settleMs = 200 } = options
  const folders = new Map<string, FSWatcher>()
  let settled = options.initial
  let latest = options.initial
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let checking: Promise<void> | undefined

  /** Takes what reads the same twice, as the first time it may have been half written. */
  async function check(): Promise<void> {
    await watchFolders()
    const found = await read()
    const isQuiet = isSame(found, latest)
    latest = found
    if (!isQuiet) return checkSoon()
    if (isSame(found, settled) || isClosed) return
    settled = found
    await onChange(found)
  }

  function checkSoon(): void {
    if (isClosed || timer !== undefined) return
    timer = setTimeout(() => {
      timer = undefined
      // While one is under way its end is waited for: what it has not seen, the next one sees.
      if (checking !== undefined) return checkSoon()
      checking = check().finally(() => {
        checking = undefined
      })
    }, settleMs).unref()
  }

  async function watchFolders(): Promise<void> {
    const wanted = new Map<string, string>()
    for (const path of paths) {
      const target = await realpath(path).catch(() => path)
      for (const folder of new Set([dirname(path), dirname(target)])) {
        // Another folder of that name is another one.
        const found = await stat(folder).catch(() => undefined)
        if (found !== undefined) wanted.set(`${folder}\0${found.dev}\0${found.ino}`, folder)
      }
    }
    for (const [id, watcher] of folders) {
      if (wanted.has(id)) continue
      watcher.close()
      folders.delete(id)
    }
    for (const [id, folder] of wanted) if (!folders.has(id) && !isClosed) watchFolder(id, folder)
  }

  function watchFolder(id: string, folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, checkSoon)
      watcher.on('error', () => {
        watcher.close()
        folders.delete(id)
      })
      folders.set(id, watcher)
    } catch {
      // The system watches no more folders, or not this one: the interval finds changes as well.
    }
  }

  const interval = setInterval(checkSoon, intervalMs).unref()
  checkSoon()

  return {
    async close() {
      isClosed = true
      clearInterval(interval)
      clearTimeout(timer)
      await checking
      for (const watcher of folders.values()) watcher.close()
      folders.clear()
    },
  }
}

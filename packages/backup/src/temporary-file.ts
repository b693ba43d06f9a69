import { randomUUID } from 'node:crypto'
import { type FileHandle, link, lstat, open, readdir, rename, rm, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StateError, syncFolder } from '@switchyard/core'

/** A file beside the one that it is to become. */
export interface TemporaryFile {
  readonly handle: FileHandle
  /** Closes it and gives it its name, durably. @throws StateError `CONFLICT` if that was taken meanwhile */
  place(): Promise<void>
  /** Idempotent. */
  discard(): Promise<void>
}

/** Names of those that this process has not ended with. */
const unfinished = new Set<string>()

/** Removes what killed processes have left of earlier ones. @throws StateError `CONFLICT` if `path` may not be replaced */
export async function openTemporaryFile(path: string, overwrite: boolean): Promise<TemporaryFile> {
  if (!overwrite) await assertFree(path)
  // Whether there can be a new one does not depend on it.
  await removeLeftovers(path).catch(() => undefined)
  const name = `.${basename(path)}.${process.pid}.${randomUUID()}`
  const temporary = join(dirname(path), name)
  const handle = await open(temporary, 'wx', 0o600)
  unfinished.add(name)
  return {
    handle,
    async place() {
      await handle.sync()
      await handle.close()
      if (overwrite) await rename(temporary, path)
      else await moveIfFree(temporary, path)
      unfinished.delete(name)
      await syncFolder(dirname(path))
    },
    async discard() {
      await handle.close().catch(() => undefined)
      await rm(temporary, { force: true })
      unfinished.delete(name)
    },
  }
}

async function removeLeftovers(path: string): Promise<void> {
  const start = `.${basename(path)}.`
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(start)) continue
    const [, pid] = /^(\d+)\.[\da-f-]{36}$/.exec(name.slice(start.length)) ?? []
    if (pid !== undefined && !isWritten(name, Number(pid)))
      await rm(join(dirname(path), name), { force: true })
  }
}

/** A process in a container often has the pid of the one before it. */
function isWritten(name: string, pid: number): boolean {
  return pid === process.pid ? unfinished.has(name) : isRunning(pid)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

async function assertFree(path: string): Promise<void> {
  try {
    await lstat(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  throw taken(path)
}

async function moveIfFree(temporary: string, path: string): Promise<void> {
  try {
    // Unlike a rename it fails where there is a file, even one that came this moment.
    await link(temporary, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken(path)
    // Not every file system has links.
    await assertFree(path)
    await rename(temporary, path)
    return
  }
  await unlink(temporary)
}

function taken(path: string): StateError {
  return new StateError('CONFLICT', `'${path}' is there already; name another file, or say overwrite: true`)
}

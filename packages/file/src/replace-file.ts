import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileError } from './errors.ts'
import { syncFolder } from './sync-folder.ts'

/** What the names of files start with that are not complete yet; whatever is left of them after a crash can go. */
export const TEMPORARY = '.new-'

/** Writes a file whole and durably, or leaves the one that is there. */
export async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(file), `${TEMPORARY}${basename(file)}-${randomUUID()}`)
  try {
    const handle = await open(temporary, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true })
    throw fileError(error, file)
  }
  await syncFolder(dirname(file))
}

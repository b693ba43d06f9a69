import { access } from 'node:fs/promises'
import { join } from 'node:path'

/** There is one of them at least once a server has run with the folder. */
const FILES = ['backends.json', 'switch.json']

const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR'])

/** Whether a server, or a command that changed something, has ever run with this data folder. */
export async function isDataFolder(dataDir: string): Promise<boolean> {
  for (const name of FILES) if (await isThere(join(dataDir, name))) return true
  return false
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code)) return false
    throw error
  }
}

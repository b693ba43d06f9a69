import { open } from 'node:fs/promises'

/** What was made, renamed or removed in a folder survives the end of the machine only once the folder is synced. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows has no handle of a folder to sync.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

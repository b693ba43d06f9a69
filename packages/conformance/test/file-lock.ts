import { readFile, rm, writeFile } from 'node:fs/promises'
import { type AnyStore, StateError } from '@switchyard/core'

/** Holds a lock file while the store is open. The lock of a process that is gone is taken over. */
export async function locked(
  path: string,
  open: () => Promise<AnyStore>,
  takesOver = true,
): Promise<AnyStore> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' })
  } catch {
    const holder = Number(await readFile(path, 'utf8'))
    if (!takesOver || isAlive(holder)) throw new StateError('LOCKED', `Process ${holder} holds ${path}`)
    await rm(path)
    return locked(path, open)
  }
  const store = await open()
  return {
    ...store,
    async close() {
      await store.close()
      await rm(path, { force: true })
    },
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

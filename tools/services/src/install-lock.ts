import { readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LOCK = join(tmpdir(), 'switchyard-install.lock')
const POLL_MS = 200

/** One process installs, the others wait. A lock whose process is gone is taken over. */
export async function withInstallLock<T>(work: () => Promise<T>): Promise<T> {
  while (!(await take())) {
    const pid = Number(await readFile(LOCK, 'utf8').catch(() => ''))
    if (pid > 0 && !isAlive(pid)) await rm(LOCK, { force: true })
    await sleep(POLL_MS)
  }
  try {
    return await work()
  } finally {
    await rm(LOCK, { force: true })
  }
}

async function take(): Promise<boolean> {
  try {
    await writeFile(LOCK, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

/** A folder on a disk of its own of this size, such as '2m', which is there until the test has ended. */
export function smallDisk(size: string): string {
  const folder = join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (cause) {
    const message = `A full disk is tested on a small tmpfs, which only root on Linux can mount; this is ${process.platform} and user ${process.getuid?.()}. Run it in a container as root with CAP_SYS_ADMIN.`
    throw new Error(message, { cause })
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder]))
  return folder
}

import { findOnPath } from './find-on-path.ts'
import { withInstallLock } from './install-lock.ts'
import { installPackage } from './install-package.ts'

/** False where `SWITCHYARD_WITHOUT_STRACE=1` asks to leave out what needs strace; says so. */
export function isStraceWanted(): boolean {
  if (process.env['SWITCHYARD_WITHOUT_STRACE'] !== '1') return true
  console.warn('SWITCHYARD_WITHOUT_STRACE=1: what needs strace is left out')
  return false
}

/** The strace on the PATH; where there is none it is installed, if this is Debian or one of its kind and we are root. */
export async function findStrace(): Promise<string> {
  return findOnPath('strace') ?? withInstallLock(async () => findOnPath('strace') ?? (await install()))
}

async function install(): Promise<string> {
  if (findOnPath('apt-get') !== undefined && process.getuid?.() === 0) await installPackage('strace')
  const installed = findOnPath('strace')
  if (installed !== undefined) return installed
  throw new Error(
    'The tests look at system calls with strace, which is for Linux. Install it (Debian, Ubuntu: apt install strace), ' +
      'or leave out what needs it with SWITCHYARD_WITHOUT_STRACE=1.',
  )
}

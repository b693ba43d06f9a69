import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const INSTALL_TIMEOUT_MS = 300_000

/** Installs a package of Debian's; only root can. */
export async function installPackage(name: string): Promise<void> {
  // In run level 1 a package starts no service.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...args: string[]): Promise<unknown> =>
    run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], { env, timeout: INSTALL_TIMEOUT_MS })
  const install = (): Promise<unknown> => apt('install', '-y', '--no-install-recommends', name)
  await install().catch(async () => {
    // The lists of packages may be old, or not there.
    await apt('update')
    await install()
  })
}

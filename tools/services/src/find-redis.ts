import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findOnPath } from './find-on-path.ts'
import { withInstallLock } from './install-lock.ts'
import { INSTALL_TIMEOUT_MS, installPackage } from './install-package.ts'

const run = promisify(execFile)
/** What Debian's redis-server needs beside libc. */
const PACKAGES = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']
const UNPACKED: string = fileURLToPath(new URL('../../../.services/redis', import.meta.url))

/** How a program of Redis is started. */
export interface RedisBinary {
  readonly path: string
  readonly env: NodeJS.ProcessEnv
}

let found: Promise<RedisBinary> | undefined

/** False where `SWITCHYARD_WITHOUT_REDIS=1` asks to leave out what needs Redis; says so. */
export function isRedisWanted(): boolean {
  if (process.env['SWITCHYARD_WITHOUT_REDIS'] !== '1') return true
  console.warn('SWITCHYARD_WITHOUT_REDIS=1: what needs Redis is left out')
  return false
}

/**
 * The redis-server that `REDIS_SERVER` names or that is on the PATH; where there is none it is installed, if this is
 * Debian or one of its kind.
 */
export function findRedis(): Promise<RedisBinary> {
  found ??= find()
  return found
}

async function find(): Promise<RedisBinary> {
  const named = process.env['REDIS_SERVER']
  if (named !== undefined && named !== '')
    return works({ path: named, env: process.env }, 'REDIS_SERVER names')
  const present = onPath('redis-server') ?? unpacked()
  if (present !== undefined) return works(present, 'found')
  return withInstallLock(async () => {
    // Who held the lock before may have installed it.
    const installed = onPath('redis-server') ?? unpacked() ?? (await install())
    return works(installed, 'installed')
  })
}

async function works(binary: RedisBinary, how: string): Promise<RedisBinary> {
  try {
    const { stdout } = await run(binary.path, ['--version'], { env: binary.env })
    if (stdout.includes('Redis server v=')) return binary
    throw new Error(`it says '${stdout.trim()}'`)
  } catch (error) {
    throw new Error(`${how} '${binary.path}', which is no redis-server that runs here: ${String(error)}`)
  }
}

async function install(): Promise<RedisBinary> {
  if (onPath('apt-get') === undefined) {
    throw new Error(
      'The tests need redis-server 7 or newer. Install it (Debian, Ubuntu: apt install redis-server; macOS: brew install redis), ' +
        'or name one with REDIS_SERVER=<path>; SWITCHYARD_WITHOUT_REDIS=1 leaves out what needs it.',
    )
  }
  return process.getuid?.() === 0 ? installAsRoot() : unpack()
}

async function installAsRoot(): Promise<RedisBinary> {
  await installPackage('redis-server')
  const installed = onPath('redis-server')
  if (installed === undefined) throw new Error('apt-get installed redis-server, and it is not on the PATH')
  return installed
}

/** Without root: the packages are unpacked into a folder of the project. */
async function unpack(): Promise<RedisBinary> {
  const lists = join(UNPACKED, 'lists')
  const archives = join(UNPACKED, 'archives')
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(archives, { recursive: true })
  const apt = (...args: string[]): Promise<unknown> =>
    run('apt-get', ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${archives}`, ...args], {
      cwd: archives,
      timeout: INSTALL_TIMEOUT_MS,
    })
  await apt('update')
  await apt('download', ...PACKAGES)
  for (const file of await readdir(archives)) {
    if (file.endsWith('.deb')) await run('dpkg', ['-x', join(archives, file), UNPACKED])
  }
  const binary = unpacked()
  if (binary === undefined) throw new Error(`No redis-server in the packages unpacked in ${UNPACKED}`)
  return binary
}

/** One program of Redis is all of them, and goes by the name that it is called by. */
function unpacked(): RedisBinary | undefined {
  const path = join(UNPACKED, 'usr/bin/redis-check-rdb')
  if (!existsSync(path)) return undefined
  const libraries = [`usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`, 'usr/lib', 'lib']
  const env = {
    ...process.env,
    LD_LIBRARY_PATH: libraries.map((folder) => join(UNPACKED, folder)).join(delimiter),
  }
  return { path, env }
}

function onPath(name: string): RedisBinary | undefined {
  const path = findOnPath(name)
  return path === undefined ? undefined : { path, env: process.env }
}

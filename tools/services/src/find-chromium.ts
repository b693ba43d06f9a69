import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findOnPath } from './find-on-path.ts'
import { withInstallLock } from './install-lock.ts'
import { installPackage } from './install-package.ts'

const run = promisify(execFile)
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

let found: Promise<string> | undefined

/** False where `SWITCHYARD_WITHOUT_CHROMIUM=1` asks to leave out what needs a browser; says so. */
export function isChromiumWanted(): boolean {
  if (process.env['SWITCHYARD_WITHOUT_CHROMIUM'] !== '1') return true
  console.warn('SWITCHYARD_WITHOUT_CHROMIUM=1: what needs Chromium is left out')
  return false
}

/**
 * The Chromium or Chrome that `CHROMIUM` names or that is on the PATH; where there is none it is installed, if this is
 * Debian or one of its kind and we are root.
 */
export function findChromium(): Promise<string> {
  found ??= find()
  return found
}

async function find(): Promise<string> {
  const named = process.env['CHROMIUM']
  if (named !== undefined && named !== '') return works(named, 'CHROMIUM names')
  const present = onPath()
  if (present !== undefined) return works(present, 'found')
  return works(await withInstallLock(async () => onPath() ?? (await install())), 'installed')
}

function onPath(): string | undefined {
  return NAMES.map(findOnPath).find((path) => path !== undefined)
}

async function install(): Promise<string> {
  if (findOnPath('apt-get') !== undefined && process.getuid?.() === 0) await installPackage('chromium')
  const installed = onPath()
  if (installed !== undefined) return installed
  throw new Error(
    'The tests of the console need Chromium or Chrome. Install it (Debian: apt install chromium; macOS: brew install chromium), ' +
      'or name one with CHROMIUM=<path>; SWITCHYARD_WITHOUT_CHROMIUM=1 leaves out what needs it.',
  )
}

async function works(path: string, how: string): Promise<string> {
  try {
    const { stdout } = await run(path, ['--version'])
    if (/Chrom(e|ium)/.test(stdout)) return path
    throw new Error(`it says '${stdout.trim()}'`)
  } catch (error) {
    throw new Error(`${how} '${path}', which is no Chromium that runs here: ${String(error)}`)
  }
}

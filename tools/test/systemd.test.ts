import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from './workspace.ts'

const unit = readFileSync(join(ROOT, 'deploy/switchyard.service'), 'utf8')
const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''
/** Of 10, as systemd counts what a service could do to the machine. */
const EXPOSED_AT_MOST = 2

/** The first version that judges a unit which is not installed. */
const OLDEST = 250
const { stdout } = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
const hasSystemd = Number(/^systemd (\d+)/.exec(stdout ?? '')?.[1]) >= OLDEST
if (!hasSystemd)
  console.warn(`No systemd-analyze ${OLDEST} or newer: that systemd takes switchyard.service is not tested`)

/** The unit, with a program that is there. */
function unitFile(text = unit): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-systemd-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'switchyard.service')
  writeFileSync(file, text.replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true'))
  return file
}

/** What systemd finds wrong with it; it says so and ends with 0 nevertheless. */
const complaints = (file: string): string =>
  spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' }).stderr

test.runIf(hasSystemd)('systemd takes the unit as it is', () => {
  expect(complaints(unitFile())).toBe('')
  expect(complaints(unitFile(unit.replace('ProtectSystem', 'ProtectSystems')))).toContain('ProtectSystems')
})

test.runIf(hasSystemd)('systemd finds the service hardened', () => {
  const output = execFileSync('systemd-analyze', ['security', '--offline=true', '--no-pager', unitFile()], {
    encoding: 'utf8',
  })
  const [, exposure] = /Overall exposure level for .*: ([\d.]+)/.exec(output) ?? []
  expect(Number(exposure)).toBeLessThan(EXPOSED_AT_MOST)
})

test('its program is where its first lines install it', () => {
  const [, prefix, name] = /npm install --prefix (\S+) (\S+)/.exec(unit) ?? []
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'apps/server/package.json'), 'utf8'))
  expect(name).toBe('@switchyard/server')
  expect(Object.keys(bin).map((program) => `${prefix}/node_modules/.bin/${program}`)).toEqual([
    setting('ExecStart'),
  ])
})

test('it has the user that its first lines make, and a folder to write to', () => {
  expect(unit).toContain(`#   useradd --system ${setting('User')}\n`)
  expect(setting('Environment')).toContain(`SWITCHYARD_DATA_DIR=%S/${setting('StateDirectory')}`)
  expect(setting('WorkingDirectory')).toBe(`/etc/${setting('ConfigurationDirectory')}`)
})

test('it and the container give the server more time to stop than it takes', () => {
  const readme = readFileSync(join(ROOT, 'apps/server/README.md'), 'utf8')
  const [, promised] = /the process is gone within\s+(\d+) seconds/.exec(readme) ?? []
  const compose = parse(readFileSync(join(ROOT, 'deploy/compose.yaml'), 'utf8'))
  const given = [setting('TimeoutStopSec'), compose.services.server.stop_grace_period].map((text) =>
    Number.parseInt(text, 10),
  )
  expect(Math.min(...given)).toBeGreaterThan(Number(promised))
})

import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ROOT } from './workspace.ts'

/** A workspace whose tests are counted. */
let workspace: string

beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'switchyard-count-'))
  await mkdir(join(workspace, 'apps'))
  await mkdir(join(workspace, 'tools'))
  await copyFile(join(ROOT, 'tools/count-tests.mjs'), join(workspace, 'tools/count-tests.mjs'))
  await project('plain', ['passed', 'passed'])
})

afterEach(() => rm(workspace, { recursive: true }))

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true })
  await writeFile(join(workspace, path), text)
}

/** A package with one file of tests that ended so. Without outcomes its file could not be run. */
async function project(name: string, statuses: readonly string[], source = ''): Promise<void> {
  const folder = `packages/${name}`
  await write(`${folder}/package.json`, JSON.stringify({ name, scripts: { test: 'vitest run' } }))
  await write(`${folder}/test/one.test.ts`, source)
  const count = (wanted: string): number => statuses.filter((status) => status === wanted).length
  const report = {
    numTotalTests: statuses.length,
    numPassedTests: count('passed'),
    numFailedTestSuites: statuses.length === 0 ? 1 : count('failed'),
    success: statuses.length > 0 && count('failed') === 0,
    testResults: [
      {
        name: join(workspace, folder, 'test/one.test.ts'),
        assertionResults: statuses.map((status) => ({ status })),
      },
    ],
  }
  await write(`${folder}/.reports/vitest.json`, JSON.stringify(report))
}

/** The closing line, and the exit code. */
function counted(
  env: NodeJS.ProcessEnv = {},
  code = 0,
): Promise<{ readonly line: string; readonly exitCode: unknown }> {
  const { SWITCHYARD_WITHOUT_REDIS: _, ...rest } = process.env
  const args = [join(workspace, 'tools/count-tests.mjs'), String(code)]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...rest, ...env } }, (error, stdout) => {
      resolve({ line: stdout.trim(), exitCode: error === null ? 0 : error.code })
    })
  })
}

const WITHOUT_REDIS = { SWITCHYARD_WITHOUT_REDIS: '1' }
const ASKS = "describe.runIf(isRedisWanted())('with a Redis', () => {})"

test('what passed and what failed is summed', async () => {
  expect(await counted()).toEqual({ line: '2 passed, 0 failed', exitCode: 0 })
  await project('failing', ['passed', 'failed', 'failed'])
  expect(await counted()).toEqual({ line: '3 passed, 2 failed', exitCode: 1 })
})

test('a skipped test has failed', async () => {
  await project('skipping', ['passed', 'skipped'])
  expect(await counted()).toEqual({ line: '3 passed, 1 failed', exitCode: 1 })
  expect(await counted(WITHOUT_REDIS)).toEqual({ line: '3 passed, 1 failed', exitCode: 1 })
})

test('one that is skipped as Redis is left out has not, where Redis is left out', async () => {
  await project('asking', ['passed', 'skipped', 'skipped'], ASKS)
  expect(await counted(WITHOUT_REDIS)).toEqual({ line: '3 passed, 0 failed', exitCode: 0 })
  expect(await counted()).toEqual({ line: '3 passed, 2 failed', exitCode: 1 })
})

test('what failed counts also where Redis is left out', async () => {
  await project('asking', ['failed', 'skipped', 'todo'], ASKS)
  expect(await counted(WITHOUT_REDIS)).toEqual({ line: '2 passed, 2 failed', exitCode: 1 })
})

test('a file that could not be run, a project without a report and a failed check count', async () => {
  await project('broken', [])
  expect(await counted()).toEqual({ line: '2 passed, 1 failed', exitCode: 1 })
  await rm(join(workspace, 'packages/broken/.reports'), { recursive: true })
  expect(await counted()).toEqual({ line: '2 passed, 1 failed', exitCode: 1 })
  await rm(join(workspace, 'packages/broken'), { recursive: true })
  expect(await counted({}, 1)).toEqual({ line: '2 passed, 1 failed', exitCode: 1 })
})

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { CORE_MUTANTS, mutated } from '../switching/mutants.ts'
import { run } from './command.ts'
import { ROOT } from './workspace.ts'

const CORE = join(ROOT, 'packages/core')
/** A few of them run at once, each a whole run of tests, beside those of other packages. */
const TIMEOUT_MS = 600_000
const TESTS = ['switching', 'switch-guards', 'cut-over', 'removing-backends', 'operations'].map(
  (name) => `test/${name}.test.ts`,
)

/** A copy of the core with a variant of the algorithm in its sources; its dependencies are those of the real one. */
function copyOfCore(
  changes: (typeof CORE_MUTANTS)[number]['changes'],
  // That of the test's own context: the global one may take another test that runs beside for the current one.
  onTestFinished: TestContext['onTestFinished'],
): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-mutant-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['src', 'test', 'package.json', 'vitest.config.ts']) {
    cpSync(join(CORE, name), join(folder, name), { recursive: true })
  }
  symlinkSync(join(CORE, 'node_modules'), join(folder, 'node_modules'))
  const config = readFileSync(join(folder, 'vitest.config.ts'), 'utf8')
  writeFileSync(join(folder, 'vitest.config.ts'), config.replace('../../', `${ROOT}/`))
  for (const file of new Set(changes.map((change) => change.file))) {
    const path = join(folder, 'src', file)
    const own = changes.filter((change) => change.file === file)
    writeFileSync(path, mutated(readFileSync(path, 'utf8'), own))
  }
  return folder
}

/** The titles of the tests of switching that fail, the first `bail` of them. */
async function failures(folder: string, bail: number): Promise<readonly string[]> {
  const report = join(folder, 'report.json')
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const reporting = ['--reporter=json', `--outputFile=${report}`]
  const options = [
    '--root',
    folder,
    '--no-file-parallelism',
    '--testTimeout=30000',
    `--bail=${bail}`,
    ...reporting,
  ]
  // It fails where a test does, which the report tells; without one it has not come that far.
  await run(process.execPath, [vitest, 'run', ...options, ...TESTS], { cwd: folder }).catch(
    (error: unknown) => {
      if (!existsSync(report)) throw error
    },
  )
  const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
    readonly testResults: readonly {
      readonly assertionResults: readonly { readonly status: string; readonly title: string }[]
    }[]
  }
  const all = testResults.flatMap((file) => file.assertionResults)
  const failed = all.filter(({ status }) => status === 'failed').map(({ title }) => title)
  expect(failed.length === 0 && all.length < 30, 'hardly any test has run').toBe(false)
  return failed
}

describe.concurrent('the tests of the core', () => {
  test(
    'pass on the copy without a change',
    async ({ onTestFinished }) => {
      expect(await failures(copyOfCore([], onTestFinished), 0)).toEqual([])
    },
    TIMEOUT_MS,
  )

  test.for(CORE_MUTANTS)(
    'catch: $name',
    { timeout: TIMEOUT_MS },
    async ({ name, changes }, { onTestFinished }) => {
      const caught = await failures(copyOfCore(changes, onTestFinished), 1)
      expect(caught).not.toEqual([])
      console.log(`${name}: caught by '${caught[0]}'`)
    },
  )
})

// Sums the test reports of all projects and prints `N passed, N failed`. A test that did not run counts as failed, and
// so does a check other than a test, or a project without a report; but not what SWITCHYARD_WITHOUT_REDIS=1 leaves out:
// the tests that are skipped in a file that asks whether Redis is wanted.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const exitCode = Number(process.argv[2] ?? 0)
const withoutRedis = process.env.SWITCHYARD_WITHOUT_REDIS === '1'

/** Of one file. */
function leftOut({ name, assertionResults }) {
  if (!withoutRedis) return 0
  const skipped = assertionResults.filter(({ status }) => status === 'skipped').length
  const asks = existsSync(name) && readFileSync(name, 'utf8').includes('isRedisWanted()')
  return asks ? skipped : 0
}

const folders = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => join(folder, name)),
)
let passed = 0
let failed = 0
for (const folder of [...folders, 'tools', 'tools/services']) {
  const manifest = join(ROOT, folder, 'package.json')
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test === undefined)
    continue
  const report = join(ROOT, folder, '.reports', 'vitest.json')
  if (!existsSync(report)) {
    console.error(`${folder}: no test report`)
    failed++
    continue
  }
  const { numPassedTests, numTotalTests, numFailedTestSuites, success, testResults } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  const wanted = numTotalTests - testResults.reduce((sum, file) => sum + leftOut(file), 0)
  const missed = wanted - numPassedTests
  passed += numPassedTests
  failed += missed > 0 || success ? missed : Math.max(numFailedTestSuites, 1)
}
if (exitCode !== 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

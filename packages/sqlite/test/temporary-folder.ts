import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'

/**
 * A folder of the test's own, removed when the test has ended.
 *
 * @param finished the hook of the test's context, which a test needs that runs beside others
 */
export function temporaryFolder(finished: TestContext['onTestFinished'] = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-sqlite-'))
  finished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'vitest'
import { compareReports, conformance, readReports } from '../src/index.ts'
import { createRecorder, type RecordedCase } from './recorder.ts'

const module = new URL('./backend.ts', import.meta.url)
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-report-'))
})

afterEach(() => rm(folder, { recursive: true }))

async function recorded(variant: string): Promise<RecordedCase[]> {
  const { cases, ...runner } = createRecorder()
  await conformance({
    ...runner,
    module,
    variant,
    report: folder,
    seed: 7,
    only: { areas: ['versions', 'batches'] },
  })
  return cases
}

async function runAll(cases: readonly RecordedCase[]): Promise<number> {
  let failed = 0
  for (const { run } of cases) {
    try {
      await run()
    } catch {
      failed++
    }
  }
  return failed
}

describe('the report', () => {
  it('counts what passed, failed, did not run and was left out', async () => {
    const cases = await recorded('says of every deletion that it deleted')
    const skipped = cases.filter(({ title }) => title.startsWith('getMany'))
    const failed = await runAll(cases.filter((one) => !skipped.includes(one)))
    const [report] = await readReports(folder)
    assert.ok(failed > 0 && skipped.length > 0)
    assert.equal(report?.failed, failed)
    assert.equal(report?.notRun, skipped.length)
    assert.equal(report?.passed, cases.length - 1 - failed - skipped.length)
    assert.ok((report?.leftOut ?? 0) > 100)
    const versions = report?.areas.find(({ area }) => area === 'versions')
    assert.equal(versions?.failures[0]?.title, 'tells whether a live entry was deleted')
    assert.equal(report?.seed, 7)
    assert.equal(report?.node, process.version)
    assert.equal(report?.capabilities.transactions, true)
  })

  it('tells the failures to people', async () => {
    await runAll(await recorded('says of every deletion that it deleted'))
    const files = await readdir(folder)
    const text = await readFile(join(folder, files.find((file) => file.endsWith('.md')) ?? ''), 'utf8')
    assert.match(text, /\*\*FAILED\*\*/)
    assert.match(text, /\| transactions \| yes \|/)
    assert.match(text, /- versions: tells whether a live entry was deleted/)
  })

  it('puts backends side by side', async () => {
    await runAll(await recorded('whole'))
    await runAll(await recorded('minimal'))
    const text = compareReports(await readReports(folder))
    assert.match(text, /\| capability \| test-store \(minimal\) \| test-store \(whole\) \|/)
    assert.match(text, /\| transactions \| no \| yes \|/)
    assert.match(text, /\| versions \| (\d+)\/\1 \| (\d+)\/\2 \|/)
    assert.match(text, /\*\*INCOMPLETE\*\*/)
  })

  it('takes no other JSON for a report', async () => {
    await writeFile(join(folder, 'other.json'), '{}')
    await assert.rejects(readReports(folder), { code: 'INCOMPATIBLE' })
  })
})

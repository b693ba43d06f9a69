import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, it } from 'vitest'
import { conformance } from '../src/index.ts'
import { GOOD_STORES } from './good-stores.ts'
import { createRecorder } from './recorder.ts'

const module = new URL('./backend.ts', import.meta.url)

describe('conformance()', () => {
  it('has at least 150 cases for any backend, each with a title of its own', async () => {
    for (const variant of Object.keys(GOOD_STORES)) {
      const { cases, ...runner } = createRecorder()
      await conformance({ ...runner, module, variant })
      const titles = cases.map(({ suites, title }) => [...suites, title].join(' > '))
      assert.ok(cases.length >= 150, `${variant} has ${cases.length}`)
      assert.deepEqual(titles, [...new Set(titles)])
    }
  })

  it('tells the seed and the path of a random failure, made small', async () => {
    const { cases, ...runner } = createRecorder()
    const variant = 'keeps the old expiry when set without one'
    await conformance({ ...runner, module, variant, seed: 42, only: { titles: /long sequences/ } })
    const [only] = cases
    assert.equal(cases.length, 1)
    await assert.rejects(only?.run() ?? Promise.resolve(), ({ message }: Error) => {
      assert.match(message, /seed: 42, path: "[\d:]+"/)
      const commands = message.match(/run["]?:/g)?.length ?? 0
      assert.ok(commands > 0 && commands <= 4, message)
      return true
    })
  })

  it('leaves no folder behind, also when cases fail', async () => {
    const before = await ourFolders()
    const { cases, ...runner } = createRecorder()
    const only = { areas: ['versions', 'close'] } as const
    await conformance({ ...runner, module, variant: 'swallows errors', only })
    for (const { run } of cases) await run().catch(() => undefined)
    const left = (await ourFolders()).filter((name) => !before.includes(name))
    // Other tests make folders at the same time, and remove them.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    const after = await ourFolders()
    assert.deepEqual(
      left.filter((name) => after.includes(name)),
      [],
    )
  })

  it('says what is wrong with a module', async () => {
    const { cases: _, ...runner } = createRecorder()
    const other = new URL('./recorder.ts', import.meta.url)
    await assert.rejects(conformance({ ...runner, module: other }), { code: 'INVALID_OPTIONS' })
    await assert.rejects(conformance({ ...runner, module: './backend.ts' as never }), {
      code: 'INVALID_OPTIONS',
    })
  })

  it('runs under node:test as well', async () => {
    const file = fileURLToPath(new URL('./node-test.fixture.ts', import.meta.url))
    const args = ['--conditions=@switchyard/source', '--test', '--test-reporter=tap', file]
    // Without this, node takes itself for a test's process and does not report.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const { stdout } = await promisify(execFile)(process.execPath, args, { env })
    assert.match(stdout, /# pass \d{2}/)
    assert.match(stdout, /# fail 0/)
  })
})

async function ourFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('switchyard-conformance-'))
}

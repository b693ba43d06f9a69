import assert from 'node:assert/strict'
import { describe, it } from 'vitest'
import { conformance } from '../src/index.ts'
import { BROKEN_STORES } from './broken-stores.ts'
import { createRecorder } from './recorder.ts'

const module = new URL('./backend.ts', import.meta.url)
/** More than any case takes that is not to wait for its end. */
const ENOUGH_MS = 20_000

describe('a store with one thing wrong', () => {
  for (const [variant, { area, hangsMs }] of Object.entries(BROKEN_STORES)) {
    it(`that ${variant} fails in the area '${area}'`, { timeout: 2 * ENOUGH_MS }, async () => {
      const { cases, ...runner } = createRecorder()
      const only = { areas: [area] }
      await conformance({
        ...runner,
        module,
        variant,
        only,
        caseTimeoutMs: hangsMs ?? ENOUGH_MS,
        randomRuns: 5,
      })
      for (const one of cases) {
        const message = await failureOf(one.run)
        if (message === undefined) continue
        // A good store in a hurry would fail like that as well.
        assert.equal(/within \d+ ms/.test(message), hangsMs !== undefined, message)
        return
      }
      assert.fail(`all ${cases.length} cases passed`)
    })
  }
})

async function failureOf(run: () => Promise<void>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    return String(error)
  }
}

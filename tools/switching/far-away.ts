import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory } from '@switchyard/memory'
import { type BackAndForthOptions, switchBackAndForth } from './back-and-forth.ts'
import { delayed } from './delayed-backend.ts'

/** Before and after a call takes effect. */
export const MAX_DELAY_MS = 8

/** Some operations are given up, and done all the same. */
export const FAR_AWAY: Pick<BackAndForthOptions, 'rate' | 'keys' | 'timeoutMs'> = {
  rate: 1500,
  keys: 200,
  timeoutMs: 14,
}

/** Runs until a history is bad, at the most. */
const MAX_RUNS = 12

/** As a program: switches between two backends whose calls overtake each other, and prints how many histories were bad. */
if (import.meta.main) {
  let found = 0
  for (let runs = 0; runs < MAX_RUNS && found === 0; runs++) {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-far-away-'))
    try {
      const backends = { one: delayed(memory(), MAX_DELAY_MS), other: delayed(memory(), MAX_DELAY_MS) }
      const { violations } = await switchBackAndForth({ ...FAR_AWAY, backends, folder, switches: 8 })
      found = violations.length
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  console.log(JSON.stringify({ violations: found }))
}

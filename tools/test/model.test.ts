import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BROKEN_VARIANTS } from '../model/broken-variants.ts'
import type { Result } from '../model/checker.ts'
import type { Scenario } from '../model/scenarios.ts'
import { SOUND_VARIANTS, type SoundVariant } from '../model/sound-variants.ts'
import { switching } from '../model/switching.ts'
import { HELD_HEADING, heldRow, hold, REFUTED_HEADING, refute, refutedRow } from '../model/table.ts'

/** Each of the two tests that look at the runs of the algorithm finds them done, or does them. */
const results = new Map<Scenario, Result>()
const [ALGORITHM] = SOUND_VARIANTS as readonly [SoundVariant]
/** The rows of the tables of verdicts, as they are printed: without the formatter's padding. */
const ROWS = readFileSync(new URL('../model/README.md', import.meta.url), 'utf8')
  .split('\n## Verdicts\n')[1]
  ?.split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---'))
const TIMEOUT_MS = 120_000

function holdOnce(variant: SoundVariant, scenario: Scenario): Result {
  if (variant !== ALGORITHM) return hold(variant, scenario)
  const result = results.get(scenario) ?? hold(variant, scenario)
  results.set(scenario, result)
  return result
}

const sound = SOUND_VARIANTS.flatMap((variant) =>
  variant.scenarios.map((scenario) => [variant.name, scenario.name, variant, scenario] as const),
)

test.each(sound)(
  '%s holds: %s',
  (_variant, _scenario, variant, scenario) => {
    const result = holdOnce(variant, scenario)
    expect(result.broken).toBeUndefined()
    expect(result.reachedGoal).toBe(true)
    expect(ROWS).toContain(heldRow(variant, scenario, result))
  },
  TIMEOUT_MS,
)

test(
  'together the scenarios take every step of the algorithm',
  () => {
    const steps = new Set<string>()
    const taken = new Set<string>()
    for (const scenario of ALGORITHM.scenarios) {
      for (const { name } of switching(ALGORITHM.algorithm, scenario.bounds).steps) steps.add(name)
      for (const name of holdOnce(ALGORITHM, scenario).taken) taken.add(name)
    }
    expect([...steps].filter((name) => !taken.has(name))).toEqual([])
  },
  TIMEOUT_MS,
)

test.each(BROKEN_VARIANTS.map((variant) => [variant.name, variant] as const))('refutes: %s', (_, variant) => {
  const refutation = refute(variant)
  expect(refutation.inside.broken).toBeDefined()
  expect(refutation.seen.broken).toBeDefined()
  expect(ROWS).toContain(refutedRow(variant, refutation))
})

test('the README has these rows and no others', () => {
  const headings = `${HELD_HEADING}\n${REFUTED_HEADING}`.split('\n')
  expect(ROWS?.filter((line) => headings.includes(line))).toEqual(headings)
  expect(ROWS?.length).toBe(headings.length + sound.length + BROKEN_VARIANTS.length)
})

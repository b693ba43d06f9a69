import { AssertionError } from 'node:assert'
import { inspect } from 'node:util'
import { AREA_NAMES, type AreaName } from './area-names.ts'

export interface CaseFailure {
  readonly title: string
  readonly message: string
}

export interface AreaResult {
  readonly area: AreaName
  readonly passed: number
  readonly failed: number
  /** Registered and not run: left out by the runner, or still to come. */
  readonly notRun: number
  /** Not registered, because of the option `only`. */
  readonly leftOut: number
  readonly failures: readonly CaseFailure[]
}

/** Counts what became of each case. */
export interface Tally {
  registered(area: AreaName): void
  leftOut(area: AreaName): void
  passed(area: AreaName): void
  failed(area: AreaName, title: string, error: unknown): void
  results(): readonly AreaResult[]
}

interface Count {
  registered: number
  leftOut: number
  passed: number
  readonly failures: CaseFailure[]
}

export function createTally(): Tally {
  const counts = new Map<AreaName, Count>()

  function of(area: AreaName): Count {
    const count = counts.get(area) ?? { registered: 0, leftOut: 0, passed: 0, failures: [] }
    counts.set(area, count)
    return count
  }

  return {
    registered(area) {
      of(area).registered++
    },
    leftOut(area) {
      of(area).leftOut++
    },
    passed(area) {
      of(area).passed++
    },
    failed(area, title, error) {
      of(area).failures.push({ title, message: messageOf(error) })
    },
    results: () =>
      AREA_NAMES.map((area) => {
        const { registered, leftOut, passed, failures } = of(area)
        const failed = failures.length
        return {
          area,
          passed,
          failed,
          notRun: registered - passed - failed,
          leftOut,
          failures: [...failures],
        }
      }),
  }
}

/** With what was found and expected, which Node leaves out where an assertion has a message of its own. */
function messageOf(error: unknown): string {
  if (!(error instanceof AssertionError) || error.generatedMessage || error.operator === 'fail') {
    return error instanceof Error ? error.message : String(error)
  }
  const [found, expected] = [error.actual, error.expected].map((value) =>
    inspect(value, { depth: 4, maxArrayLength: 10 }),
  )
  return `${error.message}: found ${found}, expected ${expected}`
}

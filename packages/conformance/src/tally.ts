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

export function createTally(): Tally {
  const counts = new Map(
    AREA_NAMES.map((area) => [area, { registered: 0, leftOut: 0, passed: 0, failures: [] as CaseFailure[] }]),
  )
  const of = (area: AreaName) =>
    counts.get(area) as { registered: number; leftOut: number; passed: number; failures: CaseFailure[] }
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
      of(area).failures.push({ title, message: error instanceof Error ? error.message : String(error) })
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

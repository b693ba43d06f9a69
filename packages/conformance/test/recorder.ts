import type { Describe, It } from '../src/index.ts'

export interface RecordedCase {
  /** The titles of the suites around it. */
  readonly suites: readonly string[]
  readonly title: string
  run(): Promise<void>
}

/** A test runner that runs nothing by itself. */
export function createRecorder(): { describe: Describe; it: It; cases: RecordedCase[] } {
  const cases: RecordedCase[] = []
  let suites: string[] = []
  return {
    cases,
    describe(name, body) {
      const around = suites
      suites = [...suites, name]
      body()
      suites = around
    },
    it: (title, _, run) => void cases.push({ suites, title, run }),
  }
}

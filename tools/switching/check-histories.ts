import { checkHistory } from '../linearizability/check.ts'
import type { Operation } from '../linearizability/history.ts'

export interface HistoriesReport {
  readonly keys: number
  readonly operations: number
  readonly undecided: readonly string[]
  /** What could not be explained, for people. */
  readonly violations: readonly string[]
}

export function checkHistories(histories: ReadonlyMap<string, readonly Operation[]>): HistoriesReport {
  const undecided: string[] = []
  const violations: string[] = []
  let operations = 0
  for (const [key, history] of histories) {
    operations += history.length
    const result = checkHistory(history)
    if (result.verdict === 'undecided') undecided.push(key)
    if (result.verdict !== 'violation') continue
    const start = Math.min(...history.map(({ calledAt }) => calledAt))
    const shown = (operation: Operation): string => describe(operation, start)
    violations.push(
      [
        `${key} held ${JSON.stringify(result.state)} after`,
        ...result.explained.slice(-12).map(shown),
        'and none of these explains itself from there:',
        ...result.unexplained.map(shown),
      ].join('\n  '),
    )
  }
  return { keys: histories.size, operations, undecided, violations }
}

function describe({ id, call, outcome, calledAt, answeredAt }: Operation, start: number): string {
  const times = `${(calledAt - start).toFixed(2)} to ${(answeredAt - start).toFixed(2)} ms`
  return `${id} ${times}: ${JSON.stringify(call)} ${JSON.stringify(outcome)}`
}

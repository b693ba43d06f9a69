import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Call, Operation, Outcome } from '../linearizability/history.ts'

/** Writes down each call before it is sent, and its outcome when it is known, so that the end of the process loses neither. */
export interface Recorder {
  /** The number of the call, for its outcome. */
  called(key: string, call: Call): number
  answered(id: number, outcome: Outcome): void
  /** Calls so far. */
  readonly count: number
  close(): void
}

type Line =
  | { readonly id: number; readonly key: string; readonly call: Call; readonly at: number }
  | { readonly id: number; readonly outcome: Outcome; readonly at: number }

/** Lines that are written at once; a line that is not written yet was not sent yet, or its answer counts as lost. */
export function createRecorder(file: string): Recorder {
  const descriptor = openSync(file, 'a')
  let count = 0
  const write = (line: Line): void => void writeSync(descriptor, `${JSON.stringify(line)}\n`)
  return {
    called(key, call) {
      count++
      write({ id: count, key, call, at: now() })
      return count
    },
    answered: (id, outcome) => write({ id, outcome, at: now() }),
    get count() {
      return count
    },
    close: () => closeSync(descriptor),
  }
}

/** Milliseconds that all processes of a machine share, and that never go back within one of them. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}

/** The history of each key in these files. What was cut off by the end of a process is not there, or unknown. */
export function readHistories(files: readonly string[]): ReadonlyMap<string, readonly Operation[]> {
  const histories = new Map<string, Operation[]>()
  for (const [index, file] of files.entries()) {
    const calls = new Map<number, { readonly key: string; readonly call: Call; readonly at: number }>()
    const outcomes = new Map<number, { readonly outcome: Outcome; readonly at: number }>()
    // The last line may be half a line.
    for (const text of readFileSync(file, 'utf8').split('\n').slice(0, -1)) {
      const line = JSON.parse(text) as Line
      if ('call' in line) calls.set(line.id, line)
      else outcomes.set(line.id, line)
    }
    for (const [id, { key, call, at }] of calls) {
      const answer = outcomes.get(id)
      const outcome = answer?.outcome ?? { status: 'unknown' as const }
      const answeredAt = outcome.status === 'unknown' ? Number.POSITIVE_INFINITY : (answer?.at ?? at)
      const history = histories.get(key) ?? []
      history.push({ id: `${index}:${id}`, call, outcome, calledAt: at, answeredAt })
      histories.set(key, history)
    }
  }
  return histories
}

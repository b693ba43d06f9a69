import type { Operation } from './history.ts'
import { ABSENT, type RegisterOptions, type RegisterState, step } from './register.ts'

/** What was found out about the history of one key. */
export type Verdict =
  | { readonly verdict: 'ok' }
  /** No order of the operations explains all answers. */
  | {
      readonly verdict: 'violation'
      /** The operations of the longest explanation, in its order. */
      readonly explained: readonly Operation[]
      /** Those of which one would have had to come next. */
      readonly unexplained: readonly Operation[]
      /** What the key may have held then. */
      readonly state: RegisterState
    }
  /** Too many orders to try. */
  | { readonly verdict: 'undecided' }

export interface CheckOptions extends Partial<RegisterOptions> {
  /** Configurations that are looked at before it is given up. Default 2,000,000. */
  readonly maxConfigurations?: number
}

/**
 * Whether there is an order of the operations that agrees with their intervals and explains every answer: the search of
 * Wing and Gong ("Testing and Verifying Concurrent Objects", 1993) with the cache of Lowe ("Testing for Linearizability", 2017):
 * a set of operations that are done and a state that was seen before need not be tried again.
 */
export function checkHistory(history: readonly Operation[], options: CheckOptions = {}): Verdict {
  const { toleranceMs = 50, maxConfigurations = 2_000_000 } = options
  const operations = history
    .filter(({ outcome }) => outcome.status !== 'failed')
    .toSorted((one, other) => one.calledAt - other.calledAt)
  const count = operations.length
  const required = operations.filter(({ outcome }) => outcome.status !== 'unknown').length
  const seen = new Set<string>()
  const done = new Uint8Array(count)
  const order: number[] = []
  let best: { explained: readonly number[]; state: RegisterState; done: Uint8Array } | undefined
  let configurations = 0

  /** Operations that may come next: called before the first answer of those that are left. */
  function candidates(): readonly number[] {
    let firstAnswer = Number.POSITIVE_INFINITY
    const found: number[] = []
    for (let i = 0; i < count; i++) {
      if (done[i] === 1) continue
      const { calledAt, answeredAt } = operations[i] as Operation
      if (calledAt > firstAnswer) break
      found.push(i)
      firstAnswer = Math.min(firstAnswer, answeredAt)
    }
    return found.filter((i) => (operations[i] as Operation).calledAt <= firstAnswer)
  }

  interface Frame {
    readonly state: RegisterState
    readonly next: Iterator<readonly [index: number, state: RegisterState]>
    /** The operation that led here. */
    readonly index: number
    readonly requiredLeft: number
  }

  function* successors(state: RegisterState): Generator<readonly [number, RegisterState]> {
    for (const index of candidates()) {
      for (const after of step(state, operations[index] as Operation, { toleranceMs })) yield [index, after]
    }
  }

  const stack: Frame[] = []
  const enter = (state: RegisterState, index: number, requiredLeft: number): void => {
    stack.push({ state, next: successors(state), index, requiredLeft })
    if (best === undefined || order.length > best.explained.length) {
      best = { explained: [...order], state, done: done.slice() }
    }
  }
  enter(ABSENT, -1, required)
  while (stack.length > 0) {
    const frame = stack.at(-1) as Frame
    if (frame.requiredLeft === 0) return { verdict: 'ok' }
    const next = frame.next.next()
    if (next.done === true) {
      stack.pop()
      if (frame.index >= 0) {
        done[frame.index] = 0
        order.pop()
      }
      continue
    }
    const [index, state] = next.value
    done[index] = 1
    const configuration = `${Buffer.from(done).toString('latin1')}${JSON.stringify(state)}`
    if (seen.has(configuration)) {
      done[index] = 0
      continue
    }
    seen.add(configuration)
    if (++configurations > maxConfigurations) return { verdict: 'undecided' }
    order.push(index)
    const isRequired = (operations[index] as Operation).outcome.status !== 'unknown'
    enter(state, index, frame.requiredLeft - (isRequired ? 1 : 0))
  }
  const { explained = [], state = ABSENT, done: reached = done } = best ?? {}
  done.set(reached)
  return {
    verdict: 'violation',
    explained: explained.map((index) => operations[index] as Operation),
    unexplained: candidates().map((index) => operations[index] as Operation),
    state,
  }
}

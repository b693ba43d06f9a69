import { FIRST_WRITTEN_VERSION } from '../entry.ts'
import { endOperation } from '../forget.ts'
import { KIND, showKind } from '../operation.ts'
import { keyName } from '../show.ts'
import { STAGE, type State, WAITS } from '../state.ts'
import { mayWrite } from './dual-write.ts'
import { operationName, type SwitchStep, step, type World } from './step.ts'

/**
 * What clients do. Passing the gate, taking the route, counting as in flight and sending are one step. A call that
 * waits at the gate is a call made when it opens: its waiting would only allow it more answers.
 */
export function clientSteps(world: World): readonly SwitchStep[] {
  const { algorithm, bounds } = world
  const calls = bounds.keys.flatMap((_, k) =>
    bounds.kinds.flatMap((name) =>
      expectedVersions(world, KIND[name], k).map((version) => call(world, k, KIND[name], version)),
    ),
  )
  const operations = Array.from({ length: bounds.operations }, (_, i) => i)
  return [
    ...calls,
    ...operations.map((i) => loseCaller(world, i)),
    ...(algorithm.takesRouteBehindGate ? [] : operations.map(leaveGate)),
  ]
}

/** Those that a compare-and-set may expect: any that there may be before it. */
function expectedVersions({ algorithm, bounds }: World, kind: number, k: number): readonly number[] {
  if (kind !== KIND.compareAndSet) return [0]
  // What a count was when it was read is known for the first entry alone: 1.
  if (algorithm.versions === 'counted') return [1 + k]
  return [1 + k, ...Array.from({ length: bounds.operations - 1 }, (_, i) => FIRST_WRITTEN_VERSION + i)]
}

function call(world: World, k: number, kind: number, expected: number): SwitchStep {
  const { algorithm, bounds, histories } = world
  const { dualWrite, marks, reads, takesRouteBehindGate } = algorithm
  const writes = kind !== KIND.get
  const passesClosedGate = !takesRouteBehindGate || (!writes && reads !== 'behind the gate')

  /** The operation that the call becomes, or -1. They are numbered in the order of their calls: clients are alike. */
  function unused(state: State): number {
    let waiting = 0
    for (let i = 0; i < bounds.operations; i++) {
      const { stage, waits } = state.operation(i)
      if (stage === STAGE.unused) return waiting < bounds.clients ? i : -1
      if (stage !== STAGE.over && waits === WAITS.caller) waiting++
    }
    return -1
  }

  return step(
    `a client calls ${showKind(kind)} ${keyName(k)}${expected === 0 ? '' : ` if v${expected}`}`,
    (state) => {
      if (state.up === 0 || (state.gateClosed === 1 && !passesClosedGate)) return false
      const i = unused(state)
      if (i < 0 || expected >= FIRST_WRITTEN_VERSION + i) return false
      return !writes || dualWrite === undefined || mayWrite(state, k, dualWrite)
    },
    (state) => {
      const i = unused(state)
      const operation = state.operation(i)
      const key = state.key(k)
      operation.stage = takesRouteBehindGate ? STAGE.sent : STAGE.passed
      operation.kind = kind
      operation.key = k
      operation.expected = expected
      operation.store = state.route
      operation.routeNumber = state.routeNumber
      if (marks === 'when it is called' && writes) key.dirty |= state.tracking
      const called = { operation: i, kind, version: FIRST_WRITTEN_VERSION + i, expected }
      key.history = histories.called(key.history, called, state.now)
    },
  )
}

/** By a deadline, or because the connection broke after sending. The write is on its way still. */
function loseCaller({ algorithm, bounds }: World, i: number): SwitchStep {
  return step(
    `the caller of ${operationName(i)} is told OUTCOME_UNKNOWN`,
    (state) => {
      const { stage, waits, kind } = state.operation(i)
      if (state.timeouts >= bounds.timeouts || kind === KIND.get || waits !== WAITS.caller) return false
      return stage === STAGE.sent || stage === STAGE.applied
    },
    (state) => {
      const operation = state.operation(i)
      state.timeouts++
      if (algorithm.inFlight === 'until settled') {
        operation.waits = WAITS.process
        return
      }
      state.key(operation.key).dirty |= state.tracking
      operation.waits = WAITS.nobody
      if (operation.stage === STAGE.applied) endOperation(operation)
    },
  )
}

function leaveGate(i: number): SwitchStep {
  return step(
    `${operationName(i)} leaves the gate with the route it took before`,
    (state) => state.operation(i).stage === STAGE.passed && state.gateClosed === 0,
    (state) => {
      state.operation(i).stage = STAGE.sent
    },
  )
}

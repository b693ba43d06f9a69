import { ABSENT, countIn, type Entry, FIRST_WRITTEN_VERSION, withCount } from '../entry.ts'
import { endOperation } from '../forget.ts'
import { INEXPLICABLE } from '../history.ts'
import { entryAfter, hasVersion, KIND, resultOf } from '../operation.ts'
import { breaks, visible } from '../properties.ts'
import { liveIn, type OperationState, STAGE, type State, store, WAITS } from '../state.ts'
import { mirrors } from './dual-write.ts'
import { operationName, type SwitchStep, step, type World } from './step.ts'

/** What becomes of an operation that was sent: the store applies it; it settles, marks its key and returns. */
export function storeSteps(world: World): readonly SwitchStep[] {
  const operations = Array.from({ length: world.bounds.operations }, (_, i) => i)
  return [
    ...operations.map((i) => apply(world, i)),
    ...operations.map((i) => settle(world, i)),
    ...(marksLate(world) ? operations.map(mark) : []),
  ]
}

function marksLate({ algorithm }: World): boolean {
  return algorithm.marks === 'after it stops counting as in flight'
}

function apply({ algorithm }: World, i: number): SwitchStep {
  const isCounted = algorithm.versions === 'counted'

  function write(state: State, operation: OperationState, live: Entry, matches: boolean): void {
    const after = entryAfter(operation.kind, live, FIRST_WRITTEN_VERSION + i, matches, state.now)
    const isWritten = after !== live
    const entry = isCounted && isWritten && after !== ABSENT ? withCount(after, nextCount(live)) : after
    if (operation.store !== state.pointer) breaks(state, 'twoAuthorities')
    if (mirrors(algorithm, operation)) operation.written = entry
    if (!isWritten) return
    store(state.key(operation.key), operation.store, entry)
    // What is acknowledged is durable, and so is what came before it.
    state.unflushed &= ~(1 << operation.store)
  }

  return step(
    `the store applies ${operationName(i)}`,
    (state) => state.operation(i).stage === STAGE.sent,
    (state) => {
      const operation = state.operation(i)
      const live = liveIn(state, operation.store, state.key(operation.key))
      const matches = isCounted ? countIn(live) === 1 : hasVersion(live, operation.expected)
      operation.result = resultOf(operation.kind, live, matches)
      if (operation.kind !== KIND.get) write(state, operation, live, matches)
      if (operation.waits === WAITS.nobody) endOperation(operation)
      else operation.stage = STAGE.applied
    },
  )
}

function settle(world: World, i: number): SwitchStep {
  const { algorithm, histories } = world
  return step(
    `${operationName(i)} settles and returns`,
    (state) => {
      const operation = state.operation(i)
      return operation.stage === (mirrors(algorithm, operation) ? STAGE.mirrored : STAGE.applied)
    },
    (state) => {
      const operation = state.operation(i)
      const key = state.key(operation.key)
      const writes = operation.kind !== KIND.get
      if (writes && marksNow(world, state, operation)) key.dirty |= state.tracking
      if (operation.waits === WAITS.caller) {
        const result = writes ? operation.result : visible(operation.result)
        key.history = histories.returned(key.history, i, result)
        if (key.history === INEXPLICABLE) breaks(state, 'notLinearizable')
      }
      if (writes && marksLate(world)) operation.stage = STAGE.unmarked
      else endOperation(operation)
    },
  )
}

/** Of the writes since the key was created; it needs to count no further. */
function nextCount(live: Entry): number {
  return Math.min(countIn(live) + 1, 3)
}

function marksNow({ algorithm }: World, state: State, { waits, routeNumber }: OperationState): boolean {
  if (algorithm.dualWrite !== undefined) return false
  switch (algorithm.marks) {
    case 'when it settles':
      return true
    case 'when it settles, if it took the route of the switch':
      // Writes of after the flip are marked for the rollback, whose route is the next.
      return routeNumber >= state.routeNumber - state.rollingBack
    case 'when it settles, if its caller was told so':
      return waits === WAITS.caller
    default:
      return false
  }
}

function mark(i: number): SwitchStep {
  return step(
    `${operationName(i)} marks its key`,
    (state) => state.operation(i).stage === STAGE.unmarked,
    (state) => {
      const operation = state.operation(i)
      state.key(operation.key).dirty |= state.tracking
      endOperation(operation)
    },
  )
}

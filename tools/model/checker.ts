import { createStateSet, type StateSet } from './state-set.ts'

/** One atomic step: what happens in it happens at once, and anything may happen before and after it. */
export interface Step<S> {
  readonly name: string
  /** Whether the one who has closed the gate can take it alone, without waiting for clients, stores or the clock. */
  readonly progress?: boolean
  enabled(state: S): boolean
  /** Changes the state in place; called only where it is enabled. */
  take(state: S): void
}

/** A working copy of a state; the checker moves states in and out through `words`. */
export interface Packed {
  readonly words: Uint32Array
}

export interface Model<S extends Packed> {
  createState(): S
  /** Writes the initial state. */
  begin(state: S): void
  readonly steps: readonly Step<S>[]
  /** Which property does not hold here, if one does not. */
  broken(state: S): string | undefined
  /** Whether a step of progress must be possible here; where it is not, this names the property that is broken. */
  mustProgress(state: S): string | undefined
  /** Some run must get here. */
  isGoal(state: S): boolean
  /** A line for people. */
  show(state: S): string
}

export interface TraceStep {
  readonly step: string
  /** The state after it. */
  readonly state: string
}

export interface Result {
  readonly states: number
  /** Steps of the longest shortest path to a state. */
  readonly depth: number
  readonly reachedGoal: boolean
  /** The names of the steps that were taken. */
  readonly taken: readonly string[]
  /** The first property found broken, and a shortest way there. */
  readonly broken?: { readonly property: string; readonly trace: readonly TraceStep[] }
}

/**
 * Visits every reachable state, breadth first, and stops at the first that breaks a property. Deterministic.
 *
 * @throws RangeError if there are more states than `maxStates`.
 */
export function check<S extends Packed>(model: Model<S>, maxStates: number): Result {
  const { steps } = model
  const state = model.createState()
  const next = model.createState()
  const seen = createStateSet(state.words.length)
  let reachedGoal = false
  let depth = 0
  let endOfLevel = 1

  const taken = new Uint8Array(steps.length)

  const result = (): Result => ({
    states: seen.size,
    depth,
    reachedGoal,
    taken: steps.filter((_, i) => taken[i] === 1).map(({ name }) => name),
  })
  const failed = (property: string, index: number): Result => ({
    ...result(),
    broken: { property, trace: traceTo(model, seen, index) },
  })

  model.begin(state)
  seen.add(state.words, -1)
  for (let index = 0; index < seen.size; index++) {
    if (index === endOfLevel) {
      depth++
      endOfLevel = seen.size
    }
    seen.read(index, state.words)
    reachedGoal ||= model.isGoal(state)
    let progress = false
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i] as Step<S>
      if (!step.enabled(state)) continue
      taken[i] = 1
      progress ||= step.progress === true
      copy(state.words, next.words)
      step.take(next)
      if (!seen.add(next.words, index)) continue
      const property = model.broken(next)
      if (property !== undefined) return failed(property, seen.size - 1)
    }
    if (!progress) {
      const property = model.mustProgress(state)
      if (property !== undefined) return failed(property, index)
    }
    if (seen.size > maxStates) throw new RangeError(`More than ${maxStates} states`)
  }
  return result()
}

/** Only parents are stored: the step between two states is found again by taking each. */
function traceTo<S extends Packed>(model: Model<S>, seen: StateSet, last: number): readonly TraceStep[] {
  const path: number[] = []
  for (let index = last; index >= 0; index = seen.parentOf(index)) path.unshift(index)
  const state = model.createState()
  const next = model.createState()
  const wanted = model.createState()
  return path.map((index, i) => {
    seen.read(index, wanted.words)
    if (i === 0) return { step: 'the beginning', state: model.show(wanted) }
    seen.read(path[i - 1] as number, state.words)
    const step = model.steps.find((one) => {
      if (!one.enabled(state)) return false
      copy(state.words, next.words)
      one.take(next)
      return next.words.every((word, at) => word === wanted.words[at])
    })
    return { step: (step as Step<S>).name, state: model.show(wanted) }
  })
}

function copy(from: Uint32Array, to: Uint32Array): void {
  for (let i = 0; i < from.length; i++) to[i] = from[i] as number
}

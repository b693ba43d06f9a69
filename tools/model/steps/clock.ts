import { ABSENT } from '../entry.ts'
import { keyName } from '../show.ts'
import { liveIn, type State, store, storedIn } from '../state.ts'
import { type SwitchStep, step, type World } from './step.ts'

/** The clock, and the removal of what has expired. */
export function clockSteps({ algorithm, bounds, histories }: World): readonly SwitchStep[] {
  const tick = step(
    'the clock ticks',
    (state) => state.now < bounds.ticks,
    (state) => {
      state.now++
      for (const key of state.keys) key.history = histories.ticked(key.history, state.now)
    },
  )
  if (!bounds.purges) return [tick]

  const isExpired = (state: State, k: number): boolean => {
    const key = state.key(k)
    return storedIn(key, state.route) !== ABSENT && liveIn(state, state.route, key) === ABSENT
  }
  const remove = (state: State, k: number): void => {
    const key = state.key(k)
    store(key, state.route, ABSENT)
    key.purge = 0
  }

  /** Compares and removes in one step. */
  const purgeByVersion = (k: number): readonly SwitchStep[] => [
    step(
      `what has expired in ${keyName(k)} is purged`,
      (state) => state.up === 1 && isExpired(state, k),
      (state) => remove(state, k),
    ),
  ]
  const purgeByKey = (k: number): readonly SwitchStep[] => [
    step(
      `the purge finds ${keyName(k)} expired`,
      (state) => state.up === 1 && state.key(k).purge === 0 && isExpired(state, k),
      (state) => {
        state.key(k).purge = 1
      },
    ),
    step(
      `the purge removes ${keyName(k)}`,
      (state) => state.key(k).purge === 1,
      (state) => remove(state, k),
    ),
  ]
  const purge = algorithm.purges === 'by version' ? purgeByVersion : purgeByKey
  return [tick, ...bounds.keys.flatMap((_, k) => purge(k))]
}

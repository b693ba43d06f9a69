import { ALGORITHM, type Algorithm, CAREFUL_DUAL_WRITE } from './algorithm.ts'
import type { Bounds } from './bounds.ts'
import { SCENARIOS, type Scenario } from './scenarios.ts'

/** The algorithm, perhaps with a decision taken otherwise, that must hold. */
export interface SoundVariant {
  readonly name: string
  readonly algorithm: Algorithm
  readonly scenarios: readonly Scenario[]
}

function sound(
  name: string,
  change: Partial<Algorithm>,
  within: (bounds: Bounds) => boolean = () => true,
): SoundVariant {
  const scenarios = SCENARIOS.filter((scenario) => within(scenario.bounds))
  return { name, algorithm: { ...ALGORITHM, ...change }, scenarios }
}

/** The algorithm itself comes first. Those that only simplify it run where that matters. */
export const SOUND_VARIANTS: readonly SoundVariant[] = [
  sound('the algorithm', {}),
  // Importing needs no more than the set and delete of any store.
  sound('on a plain store', { imports: 'one by one', scan: 'listed', seals: false }),
  sound('imports one by one', { imports: 'one by one' }, ({ importTimeouts }) => importTimeouts > 0),
  sound('scan of listed entries', { scan: 'listed' }, ({ switches }) => switches === 1),
  // Imports are ordered, so none that is late changes anything: the seal guards against mistakes.
  sound('target not sealed', { seals: false }, ({ importTimeouts }) => importTimeouts > 0),
  sound(
    'marked by the route',
    { marks: 'when it settles, if it took the route of the switch', waitsAtStart: true },
    ({ aborts }) => aborts > 0,
  ),
  sound(
    'aborted rollback keeps its marks',
    { abortedRollback: 'all marks' },
    ({ aborts, switches }) => aborts > 0 && switches > 1,
  ),
  // It tracks nothing for a rollback.
  sound(
    'dual write, done well',
    { waitsAtStart: true, dualWrite: CAREFUL_DUAL_WRITE },
    ({ switches }) => switches === 1,
  ),
]

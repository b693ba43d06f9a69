import { StateError } from '../errors.ts'
import type { Operations } from '../operations.ts'
import type { Registry } from '../registry.ts'
import { checkedLimits } from './copy-limits.ts'
import { createPace } from './pace.ts'
import { holdsAll, makePlan, type SwitchPlan, unfitness } from './preflight.ts'
import type { Side } from './switch-run.ts'
import type { SwitchOptions } from './switcher.ts'

/** The two ends of a switch, and whether it may be made between them. */
export interface SwitchEnds {
  /** @throws StateError `INVALID_OPTIONS`, `UNKNOWN_BACKEND`, and why a backend cannot be opened */
  find(to: string, options: SwitchOptions): Promise<{ readonly source: Side; readonly target: Side }>
  /** Reads all of the source; at a pace that leaves operations their turn. */
  plan(source: Side, target: Side): Promise<Omit<SwitchPlan, 'obstacles'>>
  /**
   * Makes sure that the target can take over, and that nothing from before arrives at either end.
   *
   * @throws StateError `UNAVAILABLE` and `INCOMPATIBLE`
   */
  inspect(source: Side, target: Side): Promise<void>
}

export function createSwitchEnds(registry: Registry, operations: Operations): SwitchEnds {
  function plan(source: Side, target: Side): Promise<Omit<SwitchPlan, 'obstacles'>> {
    const { signal } = new AbortController()
    return makePlan(source, target, createPace({ maxRate: 0, signal, traffic: () => operations.sent }))
  }

  async function side(backend: string): Promise<Side> {
    const { capabilities } = registry.info(backend)
    return { backend, capabilities, store: await registry.open(backend) }
  }

  return {
    plan,
    async find(to, switchOptions) {
      checkedLimits(switchOptions)
      const { allowVolatile, exclusive } = switchOptions
      const from = operations.route.backend
      const { capabilities } = registry.info(to)
      if (to === from) throw refused('INVALID_OPTIONS', `'${to}' serves already`, to)
      if (!capabilities.durable && allowVolatile !== true) {
        throw refused(
          'INVALID_OPTIONS',
          `'${to}' does not survive the process; say allowVolatile: true if that is meant`,
          to,
        )
      }
      if (registry.info(from).capabilities.shared && exclusive !== true) {
        const message = `other processes may write to '${from}', and cannot be held off; say exclusive: true if none does`
        throw refused('INVALID_OPTIONS', message, from)
      }
      return { source: await side(from), target: await side(to) }
    },
    async inspect(source, target) {
      const unfit = await unfitness(source, target)
      if (unfit !== undefined) throw refused('UNAVAILABLE', unfit, target.backend)
      if (!holdsAll(source.capabilities, target.capabilities)) {
        const { problems } = await plan(source, target)
        const [first] = problems
        if (first !== undefined) {
          const message = `'${target.backend}' cannot hold ${problems.length} of the entries, such as '${first.key}': ${first.reason}`
          throw refused('INCOMPATIBLE', message, target.backend)
        }
      }
      // A process that ended in the middle of a switch may have left copies and writes on their way.
      await source.store.fence?.()
      await target.store.fence?.()
    },
  }
}

/** Why there is no switch. */
export function refused(
  code: 'INVALID_OPTIONS' | 'UNAVAILABLE' | 'INCOMPATIBLE' | 'CONFLICT',
  why: string,
  backend: string | undefined,
): StateError {
  return new StateError(code, `Cannot switch: ${why}`, { backend, operation: 'switch' })
}

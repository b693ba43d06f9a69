import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { requestJson } from '../../api/request.ts'
import type { Backend, SwitchPlan } from '../../api/types.ts'
import { ActionError } from '../../components/action-error.tsx'
import { Capabilities } from '../../components/capabilities.tsx'
import { HealthBadge } from '../../components/health-badge.tsx'
import { Panel } from '../../components/panel.tsx'
import { Empty } from '../../components/states.tsx'
import { useAction } from '../../data/action.ts'
import { route } from '../../router.ts'
import { areComplete, DEFAULT_OPTIONS, Options, type SwitchOptions } from './options.tsx'
import { Plan } from './plan.tsx'

export interface WizardProps {
  readonly backends: readonly Backend[]
  readonly onStarted: () => Promise<void>
}

/** A dry run looks at every entry, and takes as long as that takes. */
const DRY_RUN_MS = 600_000

/** Choose, look at what it would do, confirm. */
export function Wizard({ backends, onStarted }: WizardProps): JSX.Element {
  const from = backends.find(({ active }) => active)
  const others = backends.filter(({ active }) => !active)
  const asked = route.value.query.get('to')
  const [chosen, setChosen] = useState(asked)
  const [options, setOptions] = useState<SwitchOptions>(DEFAULT_OPTIONS)
  const [plan, setPlan] = useState<SwitchPlan>()
  const { isBusy, error, run } = useAction()
  const to = others.find(({ name }) => name === chosen) ?? others[0]

  if (from === undefined || to === undefined) {
    return (
      <Panel title="Choose a backend">
        <Empty>There is no other backend. Add one to the configuration of the server.</Empty>
      </Panel>
    )
  }

  /** A plan is of these options and no others. */
  const choose = (change: { name?: string; options?: SwitchOptions }): void => {
    setPlan(undefined)
    if (change.name !== undefined) setChosen(change.name)
    if (change.options !== undefined) setOptions(change.options)
  }
  const dryRun = async (): Promise<void> => {
    const json = { to: to.name, ...options, dryRun: true }
    setPlan(await requestJson<SwitchPlan>('POST', 'v1/switch', { json, timeoutMs: DRY_RUN_MS }))
  }
  const start = async (): Promise<void> => {
    await requestJson('POST', 'v1/switch', { json: { to: to.name, ...options } })
    await onStarted()
  }

  return (
    <>
      <Panel title="1. Choose a backend" aside={<span class="muted">{from.name} serves now</span>}>
        <fieldset class="targets">
          <legend class="visually-hidden">Switch to</legend>
          {others.map(({ name, plugin, health, capabilities }) => (
            <label key={name} class="target">
              <input
                type="radio"
                name="target"
                value={name}
                checked={name === to.name}
                disabled={isBusy}
                onChange={() => choose({ name })}
              />
              <span>
                <strong>{name}</strong> <span class="muted">{plugin}</span> <HealthBadge {...health} />
                <Capabilities {...capabilities} />
              </span>
            </label>
          ))}
        </fieldset>
        <Options {...{ options }} isDisabled={isBusy} onChange={(changed) => choose({ options: changed })} />
        <ActionError {...{ error }} title={plan === undefined ? 'No dry run' : 'The switch has not begun'} />
        <div class="actions">
          <button
            type="button"
            class={plan === undefined ? 'primary' : ''}
            disabled={isBusy || !areComplete(options)}
            onClick={() => void run(dryRun)}
          >
            {isBusy && plan === undefined ? 'Looking at every entry…' : 'Dry run'}
          </button>
          <span class="muted">changes nothing</span>
        </div>
      </Panel>
      {plan !== undefined && <Plan {...{ plan, isBusy }} onConfirm={() => void run(start)} />}
    </>
  )
}

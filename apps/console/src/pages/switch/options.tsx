import type { JSX } from 'preact'
import { Checkbox, Field } from '../../components/field.tsx'
import { NumberInput } from '../../components/number-input.tsx'

export interface SwitchOptions {
  readonly pauseBudgetMs: number
  readonly maxRate: number
  readonly replace: boolean
  readonly allowVolatile: boolean
  readonly exclusive: boolean
}

/** As the server has them. */
export const DEFAULT_OPTIONS: SwitchOptions = {
  pauseBudgetMs: 250,
  maxRate: 0,
  replace: false,
  allowVolatile: false,
  exclusive: true,
}

type NumberName = 'pauseBudgetMs' | 'maxRate'

/** What is beyond them the server refuses. */
const LIMITS: Readonly<Record<NumberName, { readonly min: number; readonly max?: number }>> = {
  pauseBudgetMs: { min: 1, max: 60_000 },
  maxRate: { min: 0 },
}

/** Whether all of them are written, and within the limits. */
export function areComplete(options: SwitchOptions): boolean {
  return (Object.keys(LIMITS) as NumberName[]).every((name) => {
    const { min, max = Number.POSITIVE_INFINITY } = LIMITS[name]
    return options[name] >= min && options[name] <= max
  })
}

export interface OptionsProps {
  readonly options: SwitchOptions
  readonly isDisabled: boolean
  readonly onChange: (options: SwitchOptions) => void
}

export function Options({ options, isDisabled, onChange }: OptionsProps): JSX.Element {
  const number = (name: NumberName): JSX.Element => (
    <NumberInput
      {...LIMITS[name]}
      value={options[name]}
      onChange={(value) => onChange({ ...options, [name]: value })}
    />
  )
  const flag = (
    name: 'replace' | 'allowVolatile' | 'exclusive',
    label: string,
    hint: string,
  ): JSX.Element => (
    <Checkbox
      {...{ label, hint }}
      checked={options[name]}
      onChange={(is) => onChange({ ...options, [name]: is })}
    />
  )
  return (
    <details>
      <summary>Options</summary>
      <fieldset class="fields" disabled={isDisabled}>
        <legend class="visually-hidden">Options</legend>
        <Field label="Longest pause, ms" hint="How long requests may wait when it is cut over.">
          {number('pauseBudgetMs')}
        </Field>
        <Field label="Highest rate, keys per second" hint="0: as many as there come.">
          {number('maxRate')}
        </Field>
        {flag('replace', 'Replace what is there', 'Other data in the target is removed.')}
        {flag('allowVolatile', 'Allow a volatile target', 'It may lose everything with its process.')}
        {flag(
          'exclusive',
          'Only this server writes',
          'Other processes that write to the source are not held off.',
        )}
      </fieldset>
    </details>
  )
}

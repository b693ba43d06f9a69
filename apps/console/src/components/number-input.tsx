import type { JSX } from 'preact'

export interface NumberInputProps {
  /** NaN: none has been written yet. */
  readonly value: number
  readonly min: number
  readonly max?: number
  readonly onChange: (value: number) => void
}

export function NumberInput({ value, min, max, onChange }: NumberInputProps): JSX.Element {
  return (
    <input
      type="number"
      step="any"
      required
      {...{ min, max }}
      value={Number.isNaN(value) ? '' : value}
      onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
    />
  )
}

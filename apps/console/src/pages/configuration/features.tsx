import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Checkbox } from '../../components/field.tsx'

type Flags = Readonly<Record<string, boolean>>

export interface FeaturesProps {
  readonly features: Flags
  readonly onChange: (features: Flags) => void
}

/** Flags by names of one's own. */
export function Features({ features, onChange }: FeaturesProps): JSX.Element {
  const [name, setName] = useState('')
  const add = (): void => {
    if (name === '') return
    onChange({ ...features, [name]: true })
    setName('')
  }
  return (
    <fieldset class="features">
      <legend>Features</legend>
      <ul>
        {Object.entries(features).map(([feature, isOn]) => (
          <li key={feature}>
            <Checkbox
              label={<code>{feature}</code>}
              checked={isOn}
              onChange={(checked) => onChange({ ...features, [feature]: checked })}
            />
            <button
              type="button"
              class="quiet"
              aria-label={`Remove ${feature}`}
              onClick={() =>
                onChange(Object.fromEntries(Object.entries(features).filter(([one]) => one !== feature)))
              }
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <div class="prefix-form">
        <input
          aria-label="Name of a feature"
          placeholder="Name of a feature"
          value={name}
          onInput={(event) => setName(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add()
          }}
        />
        <button type="button" disabled={name === ''} onClick={add}>
          Add
        </button>
      </div>
    </fieldset>
  )
}

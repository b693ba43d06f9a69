import type { JSX } from 'preact'
import { Field } from '../../components/field.tsx'
import type { Expiry } from './entry.ts'

export interface ExpiryFieldProps {
  readonly expiry: Expiry
  readonly onChange: (expiry: Expiry) => void
  /** Whether there is an expiry to keep. */
  readonly canKeep: boolean
}

/** What becomes of the expiry with the next save. */
export function ExpiryField({ expiry, onChange, canKeep }: ExpiryFieldProps): JSX.Element {
  return (
    <div class="fields">
      <Field label="Expiry">
        <select
          value={expiry.kind}
          onChange={({ currentTarget: { value } }) => {
            if (value === 'ttl') onChange({ kind: 'ttl', ttl: '1h' })
            else onChange({ kind: value === 'never' ? 'never' : 'keep' })
          }}
        >
          {canKeep && <option value="keep">Keep as it is</option>}
          <option value="never">Never</option>
          <option value="ttl">After a time</option>
        </select>
      </Field>
      {expiry.kind === 'ttl' && (
        <Field label="Time to live" hint="Milliseconds, or 500ms, 30s, 5m, 1h, 7d, 2w.">
          <input
            value={expiry.ttl}
            onInput={(event) => onChange({ kind: 'ttl', ttl: event.currentTarget.value })}
          />
        </Field>
      )}
    </div>
  )
}

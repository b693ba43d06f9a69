import type { JSX } from 'preact'
import { Checkbox, Field } from '../../components/field.tsx'
import { NumberInput } from '../../components/number-input.tsx'
import { type Draft, LOG_LEVELS, whyNotCustom } from './draft.ts'
import { Features } from './features.tsx'

export interface SettingsFieldsProps {
  readonly draft: Draft
  readonly onChange: (draft: Draft) => void
}

export function SettingsFields({ draft, onChange }: SettingsFieldsProps): JSX.Element {
  const set = (change: Partial<Draft>): void => onChange({ ...draft, ...change })
  const wrong = whyNotCustom(draft.custom)
  return (
    <>
      <div class="fields">
        <Field label="Log level">
          <select value={draft.logLevel} onChange={(event) => set({ logLevel: event.currentTarget.value })}>
            {LOG_LEVELS.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </Field>
        <Field label="Rate limits" hint="Every rate limit is multiplied by this.">
          <NumberInput
            value={draft.rateLimitMultiplier}
            min={0.001}
            onChange={(rateLimitMultiplier) => set({ rateLimitMultiplier })}
          />
        </Field>
        <Checkbox
          label="Maintenance"
          hint="Writes are refused; reads and administration go on."
          checked={draft.isInMaintenance}
          onChange={(isInMaintenance) => set({ isInMaintenance })}
        />
        <Field label="Retry after, seconds" hint="What clients are told during maintenance.">
          <NumberInput value={draft.retryAfter} min={1} onChange={(retryAfter) => set({ retryAfter })} />
        </Field>
        <Checkbox
          label="Remove expired entries"
          hint="Else only when asked to."
          checked={draft.cleansUp}
          onChange={(cleansUp) => set({ cleansUp })}
        />
        {draft.cleansUp && (
          <Field label="How often" hint="Milliseconds, or 30s, 5m, 1h.">
            <input
              required
              value={draft.cleanupInterval}
              onInput={(event) => set({ cleanupInterval: event.currentTarget.value })}
            />
          </Field>
        )}
      </div>
      <Features features={draft.features} onChange={(features) => set({ features })} />
      <Field label="Custom" hint={wrong ?? 'JSON that applications keep here for themselves.'}>
        <textarea
          rows={Math.min(Math.max(draft.custom.split('\n').length + 1, 6), 24)}
          spellcheck={false}
          aria-invalid={wrong !== undefined}
          value={draft.custom}
          onInput={(event) => set({ custom: event.currentTarget.value })}
        />
      </Field>
    </>
  )
}

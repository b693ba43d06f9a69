import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { requestJson } from '../api/request.ts'
import { ActionError } from '../components/action-error.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Field } from '../components/field.tsx'
import { toast } from '../components/toasts.tsx'
import { useAction } from '../data/action.ts'
import { formatExact } from '../text/format.ts'

const RESTORE_MS = 3_600_000

const MODES = {
  empty: ['Only if there is nothing', 'Refused if the active backend holds any entry.'],
  merge: ['Merge', 'Entries of the backup replace those of the same key; the others stay.'],
  replace: ['Replace everything', 'Nothing is left but what is in the backup.'],
} as const

export interface RestoreProps {
  readonly name: string
  readonly onClose: () => void
}

/** Asks how, and where something may be lost, to write the name. */
export function Restore({ name, onClose }: RestoreProps): JSX.Element {
  const [mode, setMode] = useState<keyof typeof MODES>('empty')
  const [typed, setTyped] = useState('')
  const { isBusy, error, run } = useAction()

  async function restore(event: Event): Promise<void> {
    event.preventDefault()
    const isDone = await run(async () => {
      const json = { name, mode }
      const { records } = await requestJson<{ records: number }>('POST', 'v1/restore', {
        json,
        timeoutMs: RESTORE_MS,
      })
      toast(`${formatExact(records)} entries restored from ${name}`)
    })
    if (isDone) onClose()
  }

  return (
    <Dialog title={`Restore ${name}`} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void restore(event)}>
        <p class="muted">
          The whole file is checked before anything is changed. Requests wait until it is done.
        </p>
        <ActionError {...{ error }} title="Not restored" />
        <Field label="How" hint={MODES[mode][1]}>
          <select value={mode} onChange={(event) => setMode(event.currentTarget.value as keyof typeof MODES)}>
            {Object.entries(MODES).map(([value, [label]]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        {mode !== 'empty' && (
          <Field label={`Write ${name} to confirm`}>
            <input
              autocomplete="off"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </Field>
        )}
        <div class="actions">
          <button type="submit" class="danger" disabled={isBusy || (mode !== 'empty' && typed !== name)}>
            {isBusy ? 'Restoring…' : 'Restore'}
          </button>
          <button type="button" disabled={isBusy} onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}

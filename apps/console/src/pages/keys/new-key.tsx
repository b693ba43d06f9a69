import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isConflict } from '../../api/api-error.ts'
import { ActionError } from '../../components/action-error.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Field } from '../../components/field.tsx'
import { Notice } from '../../components/notice.tsx'
import { useAction } from '../../data/action.ts'
import { type Expiry, writeEntry } from './entry.ts'
import { ExpiryField } from './expiry-field.tsx'

const TYPES = { json: 'application/json', text: 'text/plain; charset=utf-8' } as const

export interface NewKeyProps {
  readonly prefix: string
  readonly onCreated: (key: string) => void
  readonly onClose: () => void
}

/** Makes a key that is not there yet. */
export function NewKey({ prefix, onCreated, onClose }: NewKeyProps): JSX.Element {
  const [key, setKey] = useState(prefix)
  const [type, setType] = useState<keyof typeof TYPES>('json')
  const [text, setText] = useState('')
  const [expiry, setExpiry] = useState<Expiry>({ kind: 'never' })
  const { isBusy, error, run } = useAction()

  async function create(event: Event): Promise<void> {
    event.preventDefault()
    const contentType = TYPES[type]
    if (await run(() => writeEntry(key, { text, contentType, expiry, ifVersion: null }))) onCreated(key)
  }

  return (
    <Dialog title="New key" onClose={onClose}>
      <form class="stack" onSubmit={(event) => void create(event)}>
        {isConflict(error) ? (
          <Notice kind="warning" title="There is such a key already">
            It was left as it is.
          </Notice>
        ) : (
          <ActionError {...{ error }} title="Not created" />
        )}
        <Field label="Key">
          <input class="mono" required value={key} onInput={(event) => setKey(event.currentTarget.value)} />
        </Field>
        <Field label="Type">
          <select value={type} onChange={(event) => setType(event.currentTarget.value as keyof typeof TYPES)}>
            <option value="json">JSON</option>
            <option value="text">Text</option>
          </select>
        </Field>
        <Field label="Value">
          <textarea
            rows={6}
            spellcheck={false}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </Field>
        <ExpiryField {...{ expiry }} onChange={setExpiry} canKeep={false} />
        <div class="actions">
          <button type="submit" class="primary" disabled={isBusy}>
            Create
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}

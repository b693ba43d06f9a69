import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { ActionError } from '../../components/action-error.tsx'
import { Field } from '../../components/field.tsx'
import { toast } from '../../components/toasts.tsx'
import { formatJson } from '../../text/json-text.ts'
import { DeleteKey } from './delete-key.tsx'
import { isJson } from './entry.ts'
import { ExpiryField } from './expiry-field.tsx'
import type { ValueProps } from './value-props.ts'

/** Edits a text. */
export function ValueForm({ name, editor, entry }: ValueProps): JSX.Element {
  const text = editor.draft.value ?? entry.text ?? ''
  const isEdited = editor.draft.value !== undefined || editor.expiry.value.kind !== 'keep'
  const wrong = isJson(entry.contentType) ? whatIsWrongWith(text) : undefined
  const cannotSave =
    !isEdited || wrong !== undefined || editor.isBusy.value || editor.theirs.value !== undefined
  useEffect(() => {
    if (!isEdited) return undefined
    // The browser asks whether to leave.
    const ask = (event: Event): void => event.preventDefault()
    addEventListener('beforeunload', ask)
    return () => removeEventListener('beforeunload', ask)
  }, [isEdited])
  const save = async (): Promise<void> => {
    if (!cannotSave && (await editor.save())) toast(`${name} saved`)
  }
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
      onKeyDown={(event) => {
        if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
          event.preventDefault()
          void save()
        }
      }}
    >
      <ActionError error={editor.error.value} title="Not done" />
      <Field label="Value" hint={wrong ?? 'Ctrl+S saves.'}>
        <textarea
          rows={Math.min(Math.max(text.split('\n').length + 1, 8), 28)}
          spellcheck={false}
          readOnly={editor.isBusy.value}
          aria-invalid={wrong !== undefined}
          value={text}
          onInput={({ currentTarget: { value } }) => {
            editor.draft.value = value === entry.text ? undefined : value
          }}
        />
      </Field>
      <ExpiryField
        expiry={editor.expiry.value}
        canKeep
        onChange={(expiry) => {
          editor.expiry.value = expiry
        }}
      />
      <div class="actions">
        <button type="submit" class="primary" disabled={cannotSave}>
          Save
        </button>
        <button type="button" disabled={!isEdited} onClick={() => editor.discard()}>
          Discard
        </button>
        <DeleteKey {...{ name, editor }} />
      </div>
    </form>
  )
}

function whatIsWrongWith(json: string): string | undefined {
  try {
    formatJson(json, 0)
    return undefined
  } catch (error) {
    return `Not JSON yet: ${(error as Error).message}`
  }
}

import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Dialog } from '../../components/dialog.tsx'
import { toast } from '../../components/toasts.tsx'
import type { EntryEditor } from './entry-editor.ts'

export interface DeleteKeyProps {
  readonly name: string
  readonly editor: EntryEditor
}

/** Deletes a key, once it was confirmed. */
export function DeleteKey({ name, editor }: DeleteKeyProps): JSX.Element {
  const [isAsking, setAsking] = useState(false)
  const remove = async (): Promise<void> => {
    setAsking(false)
    if (await editor.remove()) toast(`${name} deleted`)
  }
  return (
    <>
      <button type="button" class="danger" onClick={() => setAsking(true)}>
        Delete…
      </button>
      {isAsking && (
        <Dialog title="Delete this key?" onClose={() => setAsking(false)}>
          <div class="stack">
            <p>
              <code class="mono">{name}</code> is deleted if nobody has changed it since it was shown here.
            </p>
            <div class="actions">
              <button type="button" class="danger" onClick={() => void remove()}>
                Delete
              </button>
              <button type="button" onClick={() => setAsking(false)}>
                Cancel
              </button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  )
}

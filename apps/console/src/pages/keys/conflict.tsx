import type { JSX } from 'preact'
import { Notice } from '../../components/notice.tsx'
import { Preview } from '../../components/preview.tsx'
import { toast } from '../../components/toasts.tsx'
import type { EntryEditor } from './entry-editor.ts'
import { hexDump } from './hex-dump.ts'

/** Says that somebody else has changed or deleted what is being edited, shows theirs, and lets people choose. */
export function Conflict({ editor }: { readonly editor: EntryEditor }): JSX.Element | null {
  const theirs = editor.theirs.value
  if (theirs === undefined) return null
  const overwrite = async (): Promise<void> => {
    if (await editor.save('theirs')) toast('Saved over the other change')
  }
  return (
    <div class="conflict stack">
      <Notice
        kind="warning"
        title={
          theirs === null
            ? 'This key was deleted while you were editing it'
            : 'This key was changed while you were editing it'
        }
        actions={
          <>
            <button type="button" onClick={() => editor.discard()}>
              Discard mine
            </button>
            <button type="button" onClick={() => void overwrite()}>
              Save mine over it
            </button>
          </>
        }
      >
        Nothing of yours was saved.
      </Notice>
      {theirs !== null && (
        <div>
          <p class="field-label">What is stored now</p>
          <Preview>{theirs.text ?? hexDump(theirs.bytes)}</Preview>
        </div>
      )}
    </div>
  )
}

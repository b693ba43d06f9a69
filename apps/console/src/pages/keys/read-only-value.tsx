import type { JSX } from 'preact'
import { valueUrl } from '../../api/request.ts'
import { ActionError } from '../../components/action-error.tsx'
import { Preview } from '../../components/preview.tsx'
import { DeleteKey } from './delete-key.tsx'
import { hexDump } from './hex-dump.ts'
import type { ValueProps } from './value-props.ts'

const SHOWN_CHARACTERS = 16_384

export interface ReadOnlyValueProps extends ValueProps {
  /** Why it cannot be edited. */
  readonly reason: string
}

/** Shows what a text field would not keep. */
export function ReadOnlyValue({ name, editor, entry, reason }: ReadOnlyValueProps): JSX.Element {
  const preview = entry.text === undefined ? hexDump(entry.bytes) : entry.text.slice(0, SHOWN_CHARACTERS)
  return (
    <>
      <ActionError error={editor.error.value} title="Not done" />
      <p class="muted">{reason} Here is its beginning.</p>
      <Preview>{preview}</Preview>
      <div class="actions">
        <a class="button" href={valueUrl(name)} download={name.replaceAll(/[^\w.-]+/g, '_')}>
          Download
        </a>
        <DeleteKey {...{ name, editor }} />
      </div>
    </>
  )
}

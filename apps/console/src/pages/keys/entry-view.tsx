import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { Notice } from '../../components/notice.tsx'
import { Panel } from '../../components/panel.tsx'
import { Empty, Failure, Loading } from '../../components/states.tsx'
import { formatBytes, formatTime } from '../../text/format.ts'
import { Conflict } from './conflict.tsx'
import { Countdown } from './countdown.tsx'
import { cannotBeEdited } from './entry.ts'
import { createEntryEditor } from './entry-editor.ts'
import { ReadOnlyValue } from './read-only-value.tsx'
import { ValueForm } from './value-form.tsx'
import type { ValueProps } from './value-props.ts'

/** One key. */
export function EntryView({ name }: { readonly name: string }): JSX.Element {
  if (name !== '.' && name !== '..') return <ReachableEntry key={name} {...{ name }} />
  return (
    <Panel title={name} class="entry">
      <Empty>No URL can carry this key; transactions and batches can.</Empty>
    </Panel>
  )
}

function ReachableEntry({ name }: { readonly name: string }): JSX.Element {
  const editor = useMemo(() => createEntryEditor(name), [name])
  useEffect(() => () => editor.close(), [editor])
  const entry = editor.entry.value
  const unread = editor.unread.value
  return (
    <Panel title={name} class="entry">
      {entry === undefined && unread === undefined && <Loading label="Loading the value" />}
      {entry === undefined && unread !== undefined && (
        <Failure error={unread} what="value" retry={editor.check} />
      )}
      {entry === null && editor.draft.value === undefined && (
        <Empty>This key is not there. It was deleted, or it has expired.</Empty>
      )}
      {entry && <Value {...{ name, editor, entry }} />}
    </Panel>
  )
}

function Value({ name, editor, entry }: ValueProps): JSX.Element {
  const { version, contentType, bytes, expiresAt } = entry
  const updatedAt = editor.updatedAt.value
  const unread = editor.unread.value
  const reason = cannotBeEdited(entry)
  return (
    <>
      <dl class="details">
        <div>
          <dt>Expires</dt>
          <dd>
            <Countdown {...{ expiresAt }} onExpired={() => void editor.check()} />
          </dd>
        </div>
        <div>
          <dt>Type</dt>
          <dd>{contentType}</dd>
        </div>
        <div>
          <dt>Size</dt>
          <dd>{formatBytes(bytes.length)}</dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd class="mono">{version}</dd>
        </div>
      </dl>
      <p class="updated" role="status">
        {updatedAt !== undefined && `Changed by others at ${formatTime(updatedAt)}`}
      </p>
      {unread !== undefined && (
        <Notice kind="warning" title="This may not be what is stored now">
          {unread.message}
        </Notice>
      )}
      <Conflict {...{ editor }} />
      {reason === undefined ? (
        <ValueForm {...{ name, editor, entry }} />
      ) : (
        <ReadOnlyValue {...{ name, editor, entry, reason }} />
      )}
    </>
  )
}

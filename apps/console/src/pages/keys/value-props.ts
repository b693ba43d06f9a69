import type { Entry } from './entry.ts'
import type { EntryEditor } from './entry-editor.ts'

/** A key that is there. */
export interface ValueProps {
  readonly name: string
  readonly editor: EntryEditor
  readonly entry: Entry
}

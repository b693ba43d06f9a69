import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { type ApiError, asApiError, isConflict } from '../../api/api-error.ts'
import { deleteEntry, type Entry, type Expiry, readEntry, writeEntry } from './entry.ts'

/** One key, looked at and edited while others may change it. */
export interface EntryEditor {
  /** Undefined: not loaded yet; null: there is none. What the draft was begun on, as long as there is one. */
  readonly entry: ReadonlySignal<Entry | null | undefined>
  /** What somebody else has made of it since the draft was begun; null: deleted it. */
  readonly theirs: ReadonlySignal<Entry | null | undefined>
  /** Undefined as long as nothing is edited. */
  readonly draft: Signal<string | undefined>
  readonly expiry: Signal<Expiry>
  /** Why what was asked for last was not done. */
  readonly error: ReadonlySignal<ApiError | undefined>
  /** Why it is not known what is stored now. */
  readonly unread: ReadonlySignal<ApiError | undefined>
  readonly isBusy: ReadonlySignal<boolean>
  /** Unix ms: when a change by somebody else was taken over. */
  readonly updatedAt: ReadonlySignal<number | undefined>
  /** Saves on top of what the draft was begun on, or where asked on top of theirs. Resolves to whether it was saved. */
  save(over?: 'theirs'): Promise<boolean>
  /** Resolves to whether it was deleted. */
  remove(): Promise<boolean>
  /** Gives the draft up and shows what is stored. */
  discard(): void
  /** Looks whether it has changed. */
  check(): Promise<void>
  close(): void
}

/** Between two looks at a key that changes all the time. */
const LOOK_MS = 250
const KEEP: Expiry = { kind: 'keep' }

interface LeftDraft {
  readonly entry: Entry | null | undefined
  readonly text: string | undefined
  readonly expiry: Expiry
}

/** What was being edited when another key was shown; it is there again with its key. */
const drafts = new Map<string, LeftDraft>()

export function createEntryEditor(key: string): EntryEditor {
  const left = drafts.get(key)
  drafts.delete(key)
  const entry = signal<Entry | null | undefined>(left?.entry)
  const theirs = signal<Entry | null | undefined>()
  const draft = signal<string | undefined>(left?.text)
  const expiry = signal<Expiry>(left?.expiry ?? KEEP)
  const error = signal<ApiError | undefined>()
  const unread = signal<ApiError | undefined>()
  const isBusy = signal(false)
  const updatedAt = signal<number | undefined>()
  const closing = new AbortController()
  let looking: Promise<void> | undefined
  let lookAgain = false
  let lastLook = 0

  const isEdited = (): boolean => draft.value !== undefined || expiry.value.kind !== 'keep'

  async function look(): Promise<void> {
    const number = ++lastLook
    const found = (await readEntry(key, closing.signal)) ?? null
    // What a later look has found, or will find, is newer.
    if (number !== lastLook) return
    unread.value = undefined
    const known = entry.value
    if (known === undefined || !isEdited()) {
      entry.value = found
      theirs.value = undefined
      if (known !== undefined && known?.version !== found?.version) updatedAt.value = Date.now()
    } else {
      theirs.value = known?.version === found?.version ? undefined : found
      updatedAt.value = undefined
    }
  }

  function tryToLook(): Promise<void> {
    return look().catch((thrown: unknown) => {
      if (!closing.signal.aborted) unread.value = asApiError(thrown)
    })
  }

  /** One look at a time, and not more than some in a second. What we are writing ourselves is looked at after that. */
  async function check(): Promise<void> {
    if (closing.signal.aborted) return
    if (looking !== undefined || isBusy.value) {
      lookAgain = true
      return looking
    }
    lookAgain = false
    looking = tryToLook()
    await looking
    setTimeout(() => {
      looking = undefined
      if (lookAgain) void check()
    }, LOOK_MS)
  }

  async function change(work: () => Promise<void>): Promise<boolean> {
    if (isBusy.value) return false
    isBusy.value = true
    error.value = undefined
    try {
      await work()
      draft.value = undefined
      expiry.value = KEEP
      await tryToLook()
      updatedAt.value = undefined
      return true
    } catch (thrown) {
      await tryToLook()
      // A conflict of what is edited is told as such.
      if (!isConflict(thrown) || theirs.value === undefined) error.value = asApiError(thrown)
      return false
    } finally {
      isBusy.value = false
      if (lookAgain) void check()
    }
  }

  const events = new EventSource(`v1/events?prefix=${encodeURIComponent(key)}`)
  const onChange = ({ data }: MessageEvent<string>): void => {
    if ((JSON.parse(data) as { key?: string }).key === key) void check()
  }
  events.addEventListener('change', onChange)
  // After it was cut off, changes may have been missed.
  events.addEventListener('open', () => void check())
  events.addEventListener('reset', () => void check())
  void check()

  return {
    entry,
    theirs,
    draft,
    expiry,
    error,
    unread,
    isBusy,
    updatedAt,
    save(over) {
      const base = over === 'theirs' ? theirs.value : entry.value
      const text = draft.value ?? entry.value?.text
      const contentType = entry.value?.contentType ?? 'application/json'
      if (text === undefined) return Promise.resolve(false)
      return change(() =>
        writeEntry(key, { text, contentType, expiry: expiry.value, ifVersion: base?.version ?? null }),
      )
    },
    async remove() {
      const version = entry.value?.version
      return version !== undefined && change(() => deleteEntry(key, version))
    },
    discard() {
      draft.value = undefined
      expiry.value = KEEP
      error.value = undefined
      if (theirs.value !== undefined) entry.value = theirs.value
      theirs.value = undefined
      void check()
    },
    check,
    close() {
      if (isEdited()) drafts.set(key, { entry: entry.value, text: draft.value, expiry: expiry.value })
      closing.abort()
      events.close()
    },
  }
}

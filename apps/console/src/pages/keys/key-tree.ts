import { type ReadonlySignal, signal } from '@preact/signals'
import { type ApiError, asApiError } from '../../api/api-error.ts'
import { append, type ListKeys, loadLevel, type Row } from './level.ts'

/** A line of the tree as it is shown. */
export type Line = {
  readonly depth: number
  /** The prefix whose level it is on. */
  readonly parent: string
} & (
  | (Extract<Row, { kind: 'group' }> & { readonly isOpen: boolean })
  | Extract<Row, { kind: 'key' }>
  | { readonly kind: 'more' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'error'; readonly error: ApiError }
)

/** Prefixes and keys, loaded where they are opened. */
export interface KeyTree {
  readonly lines: ReadonlySignal<readonly Line[]>
  toggle(prefix: string): void
  loadMore(prefix: string): void
  /** Loads all that is open again. */
  refresh(): void
}

interface LevelState {
  readonly rows: readonly Row[]
  readonly cursor: string | undefined
  readonly isLoading: boolean
  readonly error: ApiError | undefined
}

const NOTHING: LevelState = { rows: [], cursor: undefined, isLoading: false, error: undefined }

/** @param root everything below this prefix */
export function createKeyTree(list: ListKeys, root: string): KeyTree {
  const levels = new Map<string, LevelState>()
  const open = new Set<string>()
  const lines = signal<readonly Line[]>([])

  function show(): void {
    lines.value = [...linesOf(root, 0)]
  }

  function* linesOf(prefix: string, depth: number): Generator<Line> {
    const { rows, cursor, isLoading, error } = levels.get(prefix) ?? NOTHING
    const place = { depth, parent: prefix }
    for (const row of rows) {
      if (row.kind === 'key') {
        yield { ...row, ...place }
        continue
      }
      const isOpen = open.has(row.prefix)
      yield { ...row, ...place, isOpen }
      if (isOpen) yield* linesOf(row.prefix, depth + 1)
    }
    if (isLoading) yield { kind: 'loading', ...place }
    else if (error !== undefined) yield { kind: 'error', error, ...place }
    else if (cursor !== undefined) yield { kind: 'more', ...place }
    else if (rows.length === 0) yield { kind: 'empty', ...place }
  }

  /** Older rows stay until newer ones are there. */
  async function load(prefix: string, from: LevelState): Promise<void> {
    const before = levels.get(prefix) ?? NOTHING
    levels.set(prefix, { ...before, isLoading: true, error: undefined })
    show()
    try {
      const { rows, cursor } = await loadLevel(list, prefix, from.cursor)
      levels.set(prefix, { ...NOTHING, rows: append(from.rows, rows), cursor })
    } catch (thrown) {
      levels.set(prefix, { ...before, isLoading: false, error: asApiError(thrown) })
    }
    show()
  }

  void load(root, NOTHING)
  return {
    lines,
    toggle(prefix) {
      if (open.delete(prefix)) {
        show()
        return
      }
      open.add(prefix)
      void load(prefix, NOTHING)
    },
    loadMore: (prefix) => void load(prefix, levels.get(prefix) ?? NOTHING),
    refresh() {
      for (const prefix of [root, ...open]) void load(prefix, NOTHING)
    },
  }
}

/** What stands below a prefix: longer prefixes, and keys that have no separator after it. */
export type Row =
  | {
      readonly kind: 'group'
      readonly prefix: string
      /** Keys in it, as far as they were seen. */
      readonly seen: number
      /** There are more than were seen. */
      readonly hasMore: boolean
    }
  | { readonly kind: 'key'; readonly key: string }

export interface Level {
  readonly rows: readonly Row[]
  /** Where it goes on, if that is not all. */
  readonly cursor: string | undefined
}

export interface KeyPage {
  readonly keys: readonly string[]
  readonly cursor?: string
}

/** Asks for keys with the prefix, after the cursor. */
export type ListKeys = (prefix: string, cursor: string | undefined) => Promise<KeyPage>

const SEPARATOR = /[:/]/
/** Sorts behind every key that goes on with another character. */
const LAST = '\u{10FFFF}'
/** A cursor is a key, and this leaves room for it in 1,024 bytes. */
const LONGEST_SKIPPED = 250
const ENOUGH_ROWS = 200
const MAX_REQUESTS = 25

/**
 * The rows below a prefix. Where a page of keys ends within a group the rest of it is jumped over, so that a group of a
 * million keys takes one request and not a thousand.
 */
export async function loadLevel(list: ListKeys, prefix: string, from?: string): Promise<Level> {
  const rows = new Map<string, Row>()
  let cursor = from
  for (let requests = 0; requests < MAX_REQUESTS && rows.size < ENOUGH_ROWS; requests++) {
    const page = await list(prefix, cursor)
    for (const key of page.keys) addTo(rows, prefix, key)
    if (page.cursor === undefined) return { rows: [...rows.values()], cursor: undefined }
    cursor = skip(rows, prefix, page.keys.at(-1) ?? page.cursor, cursor) ?? page.cursor
  }
  return { rows: [...rows.values()], cursor }
}

/** The prefix that the key's group has, if it is in one. */
export function groupOf(prefix: string, key: string): string | undefined {
  const at = key.slice(prefix.length).search(SEPARATOR)
  return at < 0 ? undefined : key.slice(0, prefix.length + at + 1)
}

function addTo(rows: Map<string, Row>, prefix: string, key: string): void {
  const group = groupOf(prefix, key)
  if (group === undefined) {
    rows.set(`key ${key}`, { kind: 'key', key })
    return
  }
  const known = rows.get(`group ${group}`)
  const seen = known?.kind === 'group' ? known.seen + 1 : 1
  const hasMore = known?.kind === 'group' && known.hasMore
  rows.set(`group ${group}`, { kind: 'group', prefix: group, seen, hasMore })
}

function skip(
  rows: Map<string, Row>,
  prefix: string,
  lastKey: string,
  before: string | undefined,
): string | undefined {
  const group = groupOf(prefix, lastKey)
  if (group === undefined || group.length > LONGEST_SKIPPED) return undefined
  const row = rows.get(`group ${group}`)
  if (row?.kind === 'group') rows.set(`group ${group}`, { ...row, hasMore: true })
  const cursor = group + LAST
  return cursor === before ? undefined : cursor
}

/** Rows that follow those that are known; a group that both have is one. */
export function append(known: readonly Row[], more: readonly Row[]): readonly Row[] {
  const groups = new Set(known.map((row) => (row.kind === 'group' ? row.prefix : undefined)))
  return [...known, ...more.filter((row) => row.kind === 'key' || !groups.has(row.prefix))]
}

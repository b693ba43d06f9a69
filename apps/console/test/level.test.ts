import { expect, test } from 'vitest'
import { append, type KeyPage, type ListKeys, loadLevel } from '../src/pages/keys/level.ts'

/** Lists as the server does: in order, the cursor is the last key. */
function listing(keys: readonly string[], limit: number): { list: ListKeys; requests: () => number } {
  let count = 0
  const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const isAfter = (key: string, cursor: string): boolean =>
    Buffer.compare(Buffer.from(key), Buffer.from(cursor)) > 0
  async function list(prefix: string, cursor: string | undefined): Promise<KeyPage> {
    count++
    const found = sorted.filter(
      (key) => key.startsWith(prefix) && (cursor === undefined || isAfter(key, cursor)),
    )
    const page = found.slice(0, limit)
    return found.length > limit ? { keys: page, cursor: page.at(-1) as string } : { keys: page }
  }
  return { list, requests: () => count }
}

const many = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => prefix + i)

test('keys that share what stands before a separator are a group', async () => {
  const { list } = listing(['a', 'b:1', 'b:2', 'b:c:3', 'path/to/x', 'z:'], 100)
  expect(await loadLevel(list, '')).toEqual({
    cursor: undefined,
    rows: [
      { kind: 'key', key: 'a' },
      { kind: 'group', prefix: 'b:', seen: 3, hasMore: false },
      { kind: 'group', prefix: 'path/', seen: 1, hasMore: false },
      { kind: 'group', prefix: 'z:', seen: 1, hasMore: false },
    ],
  })
  expect((await loadLevel(list, 'b:')).rows).toEqual([
    { kind: 'key', key: 'b:1' },
    { kind: 'key', key: 'b:2' },
    { kind: 'group', prefix: 'b:c:', seen: 1, hasMore: false },
  ])
  expect((await loadLevel(list, 'z:')).rows).toEqual([{ kind: 'key', key: 'z:' }])
})

test('a large group is jumped over', async () => {
  const { list, requests } = listing([...many('a:', 10_000), ...many('b:', 10_000), 'c'], 50)
  const { rows, cursor } = await loadLevel(list, '')
  expect(rows).toEqual([
    { kind: 'group', prefix: 'a:', seen: 50, hasMore: true },
    { kind: 'group', prefix: 'b:', seen: 50, hasMore: true },
    { kind: 'key', key: 'c' },
  ])
  expect(cursor).toBeUndefined()
  expect(requests()).toBe(3)
})

test('many keys on one level come in parts, and all of them come once', async () => {
  const keys = [...many('k', 900), ...many('g:', 30)]
  const { list } = listing(keys, 100)
  let { rows, cursor } = await loadLevel(list, '')
  expect(rows.length).toBeLessThan(400)
  while (cursor !== undefined) {
    const next = await loadLevel(list, '', cursor)
    rows = append(rows, next.rows)
    cursor = next.cursor
  }
  expect(rows.filter(({ kind }) => kind === 'key')).toHaveLength(900)
  expect(rows.filter(({ kind }) => kind === 'group')).toHaveLength(1)
})

test('ends also where keys sort behind what is jumped to', async () => {
  const { list } = listing(many('a:\u{10FFFF}', 500), 20)
  expect((await loadLevel(list, '')).rows).toMatchObject([{ kind: 'group', prefix: 'a:', hasMore: true }])
})

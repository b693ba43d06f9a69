import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { file } from '../src/index.ts'
import { fileNameOf, keyOfFileName } from '../src/tree/file-name.ts'
import { openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KEYS = 100_000

/** What a careless file system makes of a name. */
const folded = (name: string): string => name.normalize('NFKC').toLowerCase()

const key = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc.string({
      unit: fc.constantFrom('a', 'A', 'e\u0301', 'é', '.', '/', '\\', '%', '^', '~', ':', ' ', 'ß', '\u212a'),
    }),
    fc.string({ unit: 'grapheme', minLength: 90, maxLength: 200 }),
  )
  .filter(
    (text) => text !== '' && text.isWellFormed() && !text.includes('\0') && Buffer.byteLength(text) <= 1024,
  )

test('a name tells its key again unless it was cut, and is one that every system takes', () => {
  fc.assert(
    fc.property(key, (text) => {
      const name = fileNameOf(text)
      expect(name).toMatch(/^[0-9a-f]{2}\/(?!\.)[a-z0-9._^%~-]{1,100}\.json$/)
      if (name.includes('~')) expect(keyOfFileName(name)).toBeUndefined()
      else expect(keyOfFileName(name)).toBe(text)
    }),
    { numRuns: 2000 },
  )
})

test('two keys never have the same name, also where case is folded and Unicode composed', () => {
  fc.assert(
    fc.property(key, key, (one, other) => {
      expect(folded(fileNameOf(one)) === folded(fileNameOf(other))).toBe(one === other)
    }),
    { numRuns: 5000 },
  )
})

test.each(['con', 'CON', 'nul.txt', 'lpt1', 'com9.json', 'aux'])(
  "'%s' is not a name of Windows' own",
  (name) => {
    expect(fileNameOf(name)).not.toMatch(/\/(con|nul|lpt1|com9|aux)(\.|$)/i)
    expect(keyOfFileName(fileNameOf(name))).toBe(name)
  },
)

/** Keys that file systems and programs have confused, in every combination. */
function hostileKeys(): readonly string[] {
  const parts = [
    '..',
    '.',
    '/',
    '\\',
    'a',
    'A',
    'é',
    'e\u0301',
    '%2e',
    '%',
    '^a',
    '~',
    'con',
    ' ',
    '\n',
    '\u0001',
    '😀',
    '__proto__',
    'K',
    '\u212a',
    '*',
    '?',
    '"',
    ':',
    '.json',
    '.new-1',
    'x'.repeat(99),
  ]
  const keys = new Set<string>()
  for (let i = 0; keys.size < KEYS; i++) {
    let text = ''
    for (let rest = i + 1; rest > 0; rest = Math.floor(rest / parts.length))
      text += parts[rest % parts.length]
    if (text !== '' && Buffer.byteLength(text) <= 1024) keys.add(text)
  }
  return [...keys]
}

test(`${KEYS} hostile keys have a file each, all within the folder, and are listed as they were`, async () => {
  const outer = temporaryFolder()
  const path = join(outer, 'inner', 'state')
  const keys = hostileKeys()
  const { state } = await openState(file({ path, layout: 'tree', durability: 'none' }))
  for (let i = 0; i < keys.length; i += 2000) {
    await state.setMany(keys.slice(i, i + 2000).map((name) => ({ key: name, value: name })))
  }
  const check = async (opened: typeof state): Promise<void> => {
    const listed = new Map<string, unknown>()
    for await (const entry of opened.entries()) listed.set(entry.key, entry.value)
    expect(listed.size).toBe(keys.length)
    expect(keys.filter((name) => listed.get(name) !== name)).toEqual([])
  }
  await check(state)
  await state.close()

  expect(readdirSync(outer)).toEqual(['inner'])
  expect(readdirSync(join(outer, 'inner'))).toEqual(['state'])
  const files: string[] = []
  for (const shard of readdirSync(path)) {
    if (!statSync(join(path, shard)).isDirectory()) continue
    expect(shard).toMatch(/^[0-9a-f]{2}$/)
    for (const name of readdirSync(join(path, shard))) files.push(folded(`${shard}/${name}`))
  }
  expect(files.length).toBe(keys.length)
  expect(new Set(files).size).toBe(keys.length)

  const { state: again } = await openState(file({ path, layout: 'tree' }))
  await check(again)
}, 300_000)

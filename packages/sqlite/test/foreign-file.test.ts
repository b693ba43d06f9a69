import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStore } from '@switchyard/core'
import { expect, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

test.each([
  [
    'of a newer schema',
    `PRAGMA application_id = ${0x53575944}; PRAGMA user_version = 99; CREATE TABLE x (y)`,
  ],
  ["of another program's", 'CREATE TABLE theirs (a)'],
  ['with the mark of another program', 'PRAGMA application_id = 7; CREATE TABLE theirs (a)'],
])('a file %s is INCOMPATIBLE, and not a byte of it changes', async (_, sql) => {
  const folder = temporaryFolder()
  const path = join(folder, 'other.db')
  const other = new DatabaseSync(path)
  other.exec(sql)
  other.close()
  const before = readFileSync(path)
  await expect(openStore(sqlite({ path }))).rejects.toEqual(expect.objectContaining({ code: 'INCOMPATIBLE' }))
  expect(readFileSync(path).equals(before)).toBe(true)
  expect(readdirSync(folder)).toEqual(['other.db'])
})

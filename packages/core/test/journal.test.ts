import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createState, fileJournal, replaceFile, type SwitchJournal, type SwitchRecord } from '../src/index.ts'
import { createRecordKeeper } from '../src/switch/record-keeper.ts'
import { durable } from './durable-backend.ts'
import { codeOf, failureOf } from './test-state.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-'))
})

afterEach(() => rm(folder, { recursive: true }))

const RECORD: SwitchRecord = { format: 1, active: 'a', leftovers: [] }

function open(journal: unknown) {
  return createState({
    backends: { a: durable().backend, b: durable().backend },
    active: 'a',
    cleanupInterval: false,
    journal: journal as SwitchJournal,
  })
}

describe('a journal', () => {
  test.each(['', 7, {}, { read: () => {} }, null])('is not what is given as %o', async (journal) => {
    expect(await codeOf(() => open(journal))).toBe('INVALID_OPTIONS')
  })

  test('that cannot be read says where it is', async () => {
    const error = await failureOf(() => open(folder))
    expect(error).toMatchObject({ code: 'BACKEND_ERROR' })
    expect(error.message).toContain(`The journal '${folder}' cannot be read: EISDIR`)
  })

  test.each([
    'no JSON',
    '[]',
    'null',
    '{"format":2,"active":"a","leftovers":[]}',
    '{"format":1,"active":"a","leftovers":[1]}',
    '{"format":1,"active":"a","leftovers":[],"latest":{"state":"done"}}',
    '{"format":1,"active":"a","leftovers":[],"restoring":"yes"}',
  ])('is damaged that holds %s', async (text) => {
    const path = join(folder, 'journal')
    await writeFile(path, text)
    expect(await codeOf(() => fileJournal(path).read())).toBe('CORRUPT')
    const error = await failureOf(() => open(path))
    expect(error.code).toBe('CORRUPT')
    expect(error.message).toContain(path)
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  test('of one’s own fails with typed errors whatever it throws', async () => {
    const lost = () => Promise.reject(new Error('connection lost'))
    const unreadable = await failureOf(() => open({ read: lost, write: async () => {} }))
    expect(unreadable).toMatchObject({
      code: 'BACKEND_ERROR',
      message: expect.stringContaining('connection lost'),
    })
    expect(await codeOf(() => open({ read: async () => ({ active: 'a' }), write: async () => {} }))).toBe(
      'CORRUPT',
    )
    const state = await open({ read: async () => RECORD, write: lost })
    expect(await codeOf(() => state.switchTo('b'))).toBe('OUTCOME_UNKNOWN')
    await state.close()
  })

  test('in a file leaves no other file behind', async () => {
    const path = join(folder, 'journal')
    const journal = fileJournal(path)
    expect(await journal.read()).toBe(undefined)
    await journal.write(RECORD)
    await journal.write({ ...RECORD, active: 'b' })
    expect(await journal.read()).toEqual({ ...RECORD, active: 'b' })
    expect(await readdir(folder)).toEqual(['journal'])
  })
})

test('changes of the record follow one another, and one that fails changes nothing', async () => {
  const written: (readonly string[])[] = []
  const keeper = createRecordKeeper(
    {
      read: async () => RECORD,
      async write({ leftovers }) {
        await new Promise((resolve) => setTimeout(resolve, 5 - leftovers.length))
        if (leftovers.includes('bad')) throw new Error('bad')
        written.push(leftovers)
      },
    },
    RECORD,
  )
  const add = (name: string) =>
    keeper.change((record) => ({
      ...record,
      leftovers: [...record.leftovers.filter((one) => one !== 'bad'), name],
    }))
  const results = await Promise.allSettled([add('x'), add('bad'), add('y')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(written).toEqual([['x'], ['x', 'y']])
  expect(keeper.record.leftovers).toEqual(['x', 'y'])
})

test('a file that cannot be replaced stays as it is, and the error says why', async () => {
  const path = join(folder, 'file')
  await replaceFile(path, 'old')
  expect(await readFile(path, 'utf8')).toBe('old')
  expect(await codeOf(() => replaceFile(join(folder, 'none', 'file'), 'new'))).toBe('BACKEND_ERROR')
  // A folder cannot be replaced by a file: known only after the name was tried.
  const inTheWay = join(folder, 'in the way')
  await mkdir(inTheWay)
  expect(await codeOf(() => replaceFile(inTheWay, 'new'))).toBe('OUTCOME_UNKNOWN')
})

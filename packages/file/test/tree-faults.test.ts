import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openStore, type StateStore } from '@switchyard/core'
import { isStraceWanted, systemCalls } from '@switchyard/services'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { file } from '../src/index.ts'
import { createEdits } from '../src/tree/edits.ts'
import { fileNameOf } from '../src/tree/file-name.ts'
import { createTreeIndex } from '../src/tree/tree-index.ts'
import { createWatcher } from '../src/tree/watcher.ts'
import { createFileWriter } from '../src/tree/write-files.ts'
import { contentOf, openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const retry = (check: () => unknown): Promise<unknown> => vi.waitFor(check, { timeout: 60_000, interval: 20 })

const open = (path: string): Promise<StateStore> =>
  openStore(file({ path, layout: 'tree', durability: 'none' }))

const document = (key: string, value: unknown): string => JSON.stringify({ key, value })

/** Keys whose files are all in one folder. */
function neighbours(count: number): readonly string[] {
  const all = Array.from({ length: 10_000 }, (_, i) => `key${i}`)
  return all.filter((key) => dirname(fileNameOf(key)) === dirname(fileNameOf('key0'))).slice(0, count)
}

/** A file that the system does not open: it is a socket. */
function makeUnreadable(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  const server = createServer().listen(path)
  onTestFinished(() => void server.close())
}

/** Sets all keys to the value at once. */
async function setTogether(store: StateStore, keys: readonly string[], value: string): Promise<void> {
  const entry = { value: Buffer.from(JSON.stringify(value)), version: value }
  await store.write({ operations: keys.map((key) => ({ op: 'set', key, entry })), atomic: true })
}

describe.runIf(isStraceWanted())("a transaction with durability 'none'", () => {
  test('has its new files and its intent synced before any file is replaced', async () => {
    const folder = temporaryFolder()
    const program = join(temporaryFolder(), 'program.mjs')
    const source = new URL('../src/tree/write-files.ts', import.meta.url)
    const changes = ['00/a.json', '11/b.json'].map((name) => ({ file: name, content: name, written: 0 }))
    writeFileSync(
      program,
      `import { createFileWriter } from '${source}'
      await createFileWriter(process.argv[2], false).write(${JSON.stringify(changes)}, true)`,
    )
    const names = ['fsync', 'fdatasync', 'rename', 'renameat', 'renameat2']
    const calls = await systemCalls(program, [folder], names)
    const indexOf = (pattern: RegExp): number => calls.findIndex(({ text }) => pattern.test(text))
    const intent = indexOf(/^rename.*\/intent\.json"/)
    const steps = indexOf(/^rename.*\/(a|b)\.json"/)
    const order = [
      indexOf(/^f\w*sync\(.*\/(00|11)\/\.new-/),
      indexOf(/^f\w*sync\(.*\/\.new-intent\.json/),
      intent,
      calls.findIndex(({ text }, i) => i > intent && text.includes(`${folder}>`)),
      steps,
    ]
    expect(order).not.toContain(-1)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
  })
})

test.each(['', '[{"file":"00/a.json","temp', '\0\0\0\0'])(
  'an intent that is damaged (%j) is refused, and the folder opens as it is without it',
  async (text) => {
    const path = join(temporaryFolder(), 'state')
    await (await open(path)).close()
    const intent = join(path, 'intent.json')
    writeFileSync(intent, text)
    const message = expect.stringMatching(
      /intent\.json' is damaged: .* or remove this file to open the folder/,
    )
    await expect(open(path)).rejects.toMatchObject({ code: 'CORRUPT', message })
    expect(readFileSync(intent, 'utf8')).toBe(text)
    rmSync(intent)
    await (await open(path)).close()
  },
)

test('an intent that was being written is removed, and nothing is made of it', async () => {
  const path = join(temporaryFolder(), 'state')
  await (await open(path)).close()
  writeFileSync(join(path, '.new-intent.json-1'), '[{"fi')
  await (await open(path)).close()
  expect(readdirSync(path).filter((name) => name.includes('intent'))).toEqual([])
})

test('an intent that comes back puts no file of another write in the place of a key', async () => {
  const path = join(temporaryFolder(), 'state')
  const intent = join(path, 'intent.json')
  const [blocked = '', a = '', b = '', c = '', d = ''] = neighbours(5)
  const block = join(path, fileNameOf(blocked))

  /** A transaction that has written its intent and no more. */
  async function interrupted(keys: readonly string[], value: string): Promise<void> {
    const store = await open(path)
    mkdirSync(block, { recursive: true })
    await expect(setTogether(store, [blocked, ...keys], value)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    })
    await store.close()
    rmSync(block, { recursive: true })
  }

  await interrupted([a, b], 'first')
  cpSync(intent, `${intent}-old`)
  await (await open(path)).close()
  rmSync(block)
  await interrupted([c, d], 'second')
  renameSync(`${intent}-old`, intent)
  const { state, warnings } = await openState(file({ path, layout: 'tree' }))
  expect(warnings).toEqual([])
  expect(Object.fromEntries(await contentOf(state))).toEqual({ [a]: 'first', [b]: 'first' })
})

test('a file that cannot be read when the folder is opened concerns its key alone, which is no miss', async () => {
  const path = join(temporaryFolder(), 'state')
  const store = await open(path)
  await setTogether(store, ['app:a', 'app:b', 'other'], 'x')
  await store.close()
  const unreadable = join(path, fileNameOf('app:a'))
  rmSync(unreadable)
  makeUnreadable(unreadable)
  const { state, warnings } = await openState(file({ path, layout: 'tree' }))
  expect(warnings).toEqual([expect.stringContaining(`'${unreadable}' cannot be read: `)])
  const refused = { code: 'BACKEND_ERROR', message: expect.stringContaining(unreadable) }
  await expect(state.get('app:a')).rejects.toMatchObject(refused)
  await expect(state.set('app:a', 1, { ifAbsent: true })).rejects.toThrow()
  await expect(contentOf(state)).rejects.toMatchObject(refused)
  expect(await state.getMany(['app:b', 'other'])).toEqual(['x', 'x'])
  expect((await state.keys({ prefix: 'other' }).page()).items).toEqual(['other'])
  expect(await state.backends.health('file')).toMatchObject({ healthy: false })
  writeFileSync(`${unreadable}~`, document('app:a', 'y'))
  renameSync(`${unreadable}~`, unreadable)
  await retry(async () => expect(await state.get('app:a')).toBe('y'))
  expect(await state.backends.health('file')).toMatchObject({ healthy: true })
})

test('a file that cannot be read, or cannot be moved to its place, keeps no other edit back', async () => {
  const path = join(temporaryFolder(), 'state')
  const { state, warnings } = await openState(file({ path, layout: 'tree' }))
  await state.setMany(['a', 'b'].map((key) => ({ key, value: 1 })))
  const unreadable = join(path, fileNameOf('unreadable'))
  const inTheWay = join(path, dirname(fileNameOf('dropped')))
  makeUnreadable(unreadable)
  writeFileSync(inTheWay, '')
  writeFileSync(join(path, 'dropped.json'), document('dropped', 1))
  for (const key of ['a', 'b']) writeFileSync(join(path, fileNameOf(key)), document(key, 2))
  await retry(async () => expect(await state.getMany(['a', 'b'])).toEqual([2, 2]))
  await retry(() => expect(warnings.join('\n')).toContain(`'${unreadable}' cannot be read: `))
  await retry(() => expect(warnings.join('\n')).toContain(`'${inTheWay}' is in the way`))
  await expect(state.get('unreadable')).rejects.toMatchObject({ code: 'BACKEND_ERROR' })
})

describe.runIf(process.platform === 'linux')('when more happens than the system tells of', () => {
  /** Fills the queue of events in one turn of the event loop, so that what follows in it is not told. */
  function overflow(folder: string): void {
    const limit = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'))
    for (let i = 0; i <= limit / 2; i++) {
      writeFileSync(join(folder, 'noise'), '')
      rmSync(join(folder, 'noise'))
    }
  }

  test('edits, removed files and new folders are found all the same', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state, warnings } = await openState(file({ path, layout: 'tree', durability: 'none' }))
    const [near = '', nearer = ''] = neighbours(2)
    await state.setMany(['edited', 'removed', near].map((key) => ({ key, value: 1 })))
    const shard = dirname(join(path, fileNameOf('new folder')))
    expect(existsSync(shard)).toBe(false)
    // What this process did is heard of first.
    await sleep(500)
    overflow(path)
    writeFileSync(join(path, fileNameOf('edited')), document('edited', 2))
    rmSync(join(path, fileNameOf('removed')))
    mkdirSync(shard)
    writeFileSync(join(path, fileNameOf('new folder')), document('new folder', 2))
    rmSync(dirname(join(path, fileNameOf(near))), { recursive: true })
    mkdirSync(dirname(join(path, fileNameOf(near))))
    const expected = { edited: 2, 'new folder': 2 }
    await retry(async () => expect(Object.fromEntries(await contentOf(state))).toEqual(expected))
    writeFileSync(join(path, fileNameOf('new folder')), document('new folder', 3))
    writeFileSync(join(path, fileNameOf(nearer)), document(nearer, 3))
    await retry(async () => expect(await state.getMany(['new folder', nearer])).toEqual([3, 3]))
    expect(warnings).toEqual([])
  })
})

test('a file that is being written is not reported because its folder is looked at as well', async () => {
  const folder = temporaryFolder()
  const name = fileNameOf('slow')
  await (await open(folder)).close()
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), '{ "key": "sl')
  const warnings: string[] = []
  const looks: number[] = []
  const edits = createEdits({
    folder,
    index: createTreeIndex(),
    writer: createFileWriter(folder, false),
    logger: { warn: (message) => void warnings.push(message) },
    backend: 'file',
    onChange: () => {},
    lookAgain: (_, afterMs) => void looks.push(afterMs),
  })
  await edits.take([name])
  await edits.take([dirname(name)])
  expect(warnings).toEqual([])
  expect(looks).toHaveLength(2)
  const later = performance.now() + 1000
  const clock = vi.spyOn(performance, 'now').mockReturnValue(later)
  onTestFinished(() => clock.mockRestore())
  await edits.take([name])
  expect(warnings).toEqual([expect.stringContaining(name)])
})

test('a watcher that was closed looks at nothing', async () => {
  const touched: string[] = []
  const watcher = createWatcher({
    folder: temporaryFolder(),
    onTouched: (names) => void touched.push(...names),
    onMissed: () => void touched.push('all'),
    onError: () => {},
  })
  watcher.close()
  watcher.lookAgain('a.json', 0)
  await sleep(200)
  expect(touched).toEqual([])
})

test('a folder that was closed amid edits is left alone', async () => {
  const path = join(temporaryFolder(), 'state')
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  const logger = { warn: () => resolve(store.close()) }
  const store = await openStore(file({ path, layout: 'tree' }), { logger })
  await store.set('a', { value: Buffer.from('1'), version: 'v' })
  await sleep(500)
  // The first is reported at once, the others are looked at again in a while.
  const slow = Array.from({ length: 100 }, (_, i) => `slow${i}`)
  writeFileSync(join(path, 'copy.json'), document('a', 1))
  for (const name of slow) writeFileSync(join(path, `${name}.json`), '{ "key": ')
  await closed
  for (const name of slow) writeFileSync(join(path, `${name}.json`), document(name, 1))
  const left = readdirSync(path, { recursive: true })
  await sleep(1500)
  expect(readdirSync(path, { recursive: true })).toEqual(left)
})

import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { State, StateChange } from '@switchyard/core'
import { expect, test, vi } from 'vitest'
import { file } from '../src/index.ts'
import { fileNameOf } from '../src/tree/file-name.ts'
import { contentOf, openState } from './open-state.ts'
import { temporaryFolder } from './temporary-folder.ts'

const WAIT = { timeout: 60_000, interval: 20 }

interface Opened {
  readonly path: string
  readonly state: State
  readonly warnings: readonly string[]
  /** Changes since it was opened, as texts. */
  readonly told: readonly string[]
  readonly fileOf: (key: string) => string
}

async function opened(path = join(temporaryFolder(), 'state')): Promise<Opened> {
  const { state, warnings } = await openState(file({ path, layout: 'tree' }))
  const told: string[] = []
  state.on('change', ({ type, key }: StateChange) => void told.push(`${type} ${key}`))
  return { path, state, warnings, told, fileOf: (key) => join(path, fileNameOf(key)) }
}

/** Changes the text of a key's file, as an editor does that writes in place. */
function edit(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(path, 'utf8')
  expect(text).toMatch(from)
  writeFileSync(path, text.replace(from, to))
}

const retry = (check: () => unknown): Promise<unknown> => vi.waitFor(check, WAIT)

test('a file shows key, value and expiry to people', async () => {
  const { state, fileOf } = await opened()
  await state.set('config:userAgent', { name: 'switchyard', retries: 3 })
  expect(fileOf('config:userAgent')).toMatch(/\/[0-9a-f]{2}\/config%3auser\^agent\.json$/)
  const document = JSON.parse(readFileSync(fileOf('config:userAgent'), 'utf8'))
  expect(document).toMatchObject({ key: 'config:userAgent', value: { name: 'switchyard', retries: 3 } })
  await state.set('short-lived', 1, { ttl: '1h' })
  const { expiresAt } = JSON.parse(readFileSync(fileOf('short-lived'), 'utf8'))
  expect(Date.parse(expiresAt)).toBe((await state.getEntry('short-lived'))?.expiresAt)
})

test('what is edited is served, with a new version, and told to those who watch', async () => {
  const { state, fileOf, told } = await opened()
  await state.set('limits', { perMinute: 10 })
  const before = await state.getEntry('limits')
  const watch = state.watch('limits')
  const change = watch.next()
  edit(fileOf('limits'), '"perMinute": 10', '"perMinute": 20')
  expect((await change).value).toMatchObject({ type: 'set', key: 'limits' })
  const after = await state.getEntry('limits')
  expect(after?.value).toEqual({ perMinute: 20 })
  expect(after?.version).not.toBe(before?.version)
  await expect(state.set('limits', 1, { ifVersion: before?.version ?? '' })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  await state.set('limits', { perMinute: 30 }, { ifVersion: after?.version ?? '' })
  expect(told).toEqual(['set limits', 'set limits', 'set limits'])
  await watch.return()
})

test('an edit is the same version again when the folder is opened anew', async () => {
  const first = await opened()
  await first.state.set('a', 1)
  await first.state.close()
  edit(first.fileOf('a'), '"value": 1', '"value": 2')
  const second = await opened(first.path)
  const entry = await second.state.getEntry('a')
  expect(entry?.value).toBe(2)
  await second.state.close()
  const third = await opened(first.path)
  expect(await third.state.getEntry('a')).toEqual(entry)
})

test('editors that rename a new file over the old one, delete it, or write only part at first are understood', async () => {
  const { state, fileOf, told, warnings } = await opened()
  await state.setMany(['renamed', 'removed', 'slow'].map((key) => ({ key, value: 1 })))
  const text = readFileSync(fileOf('renamed'), 'utf8')
  writeFileSync(`${fileOf('renamed')}.swp`, 'an editor keeps this')
  writeFileSync(`${fileOf('renamed')}~`, text.replace('"value": 1', '"value": 2'))
  renameSync(`${fileOf('renamed')}~`, fileOf('renamed'))
  rmSync(fileOf('removed'))
  const slow = readFileSync(fileOf('slow'), 'utf8')
  writeFileSync(fileOf('slow'), slow.slice(0, 20))
  await sleep(400)
  writeFileSync(fileOf('slow'), slow.replace('"value": 1', '"value": 3'))
  await retry(async () => expect(Object.fromEntries(await contentOf(state))).toEqual({ renamed: 2, slow: 3 }))
  expect(told.slice(3).toSorted()).toEqual(['delete removed', 'set renamed', 'set slow'])
  expect(warnings).toEqual([])
})

test('a broken edit is reported and not served; the last good value is, and the mended one after it', async () => {
  const { state, fileOf, warnings, told } = await opened()
  await state.set('a', { on: true })
  edit(fileOf('a'), '"on": true', '"on": tru')
  await retry(() => expect(warnings).toHaveLength(1))
  expect(warnings[0]).toContain(`'${fileOf('a')}' is broken at byte `)
  expect(await state.get('a')).toEqual({ on: true })
  expect(await state.backends.health('file')).toMatchObject({ healthy: false })
  edit(fileOf('a'), '"on": tru', '"on": false')
  await retry(async () => expect(await state.get('a')).toEqual({ on: false }))
  expect(await state.backends.health('file')).toMatchObject({ healthy: true })
  expect(told).toEqual(['set a', 'set a'])
})

test('a file that is broken when the folder is opened is CORRUPT, not missing, until its key is written', async () => {
  const first = await opened()
  await first.state.setMany(['app:a', 'app:b', 'other'].map((key) => ({ key, value: 1 })))
  await first.state.close()
  truncateSync(first.fileOf('app:a'), 30)
  const { state, warnings, fileOf } = await opened(first.path)
  expect(warnings).toEqual([expect.stringContaining(fileOf('app:a'))])
  const corrupt = { code: 'CORRUPT', message: expect.stringContaining(fileOf('app:a')) }
  await expect(state.get('app:a')).rejects.toMatchObject(corrupt)
  await expect(state.increment('app:a')).rejects.toMatchObject(corrupt)
  await expect(contentOf(state)).rejects.toMatchObject(corrupt)
  expect(await state.get('app:b')).toBe(1)
  expect(await state.keys({ prefix: 'other' }).page()).toMatchObject({ items: ['other'] })
  await state.set('app:a', 2)
  expect(Object.fromEntries(await contentOf(state))).toEqual({ 'app:a': 2, 'app:b': 1, other: 1 })
  expect(await state.backends.health('file')).toMatchObject({ healthy: true })
})

test('a broken file can be deleted by its key', async () => {
  const first = await opened()
  await first.state.set('a', 1)
  await first.state.close()
  writeFileSync(first.fileOf('a'), 'nonsense')
  const { state, fileOf } = await opened(first.path)
  await state.delete('a')
  expect(existsSync(fileOf('a'))).toBe(false)
  expect(await state.get('a')).toBeUndefined()
})

test('a new file with key and value is taken in, wherever in the folder it lies', async () => {
  const { path, state, fileOf } = await opened()
  writeFileSync(
    join(path, 'dropped.json'),
    JSON.stringify({ key: 'Dropped Key', value: [1, 2], expiresAt: '2099-01-01T00:00:00Z' }),
  )
  const place = fileOf('made by hand')
  mkdirSync(dirname(place), { recursive: true })
  writeFileSync(place, '\ufeff{ "key": "made by hand", "text": "x" }')
  await retry(async () => expect(await state.get('Dropped Key')).toEqual([1, 2]))
  expect((await state.getEntry('Dropped Key'))?.expiresAt).toBe(Date.UTC(2099, 0))
  expect(existsSync(join(path, 'dropped.json'))).toBe(false)
  expect(existsSync(fileOf('Dropped Key'))).toBe(true)
  await retry(async () => expect((await state.keys().page()).items).toEqual(['Dropped Key', 'made by hand']))
})

test('a copy that still has the key of the original is reported, and hides nothing', async () => {
  const { path, state, fileOf, warnings } = await opened()
  await state.set('a', 1)
  cpSync(fileOf('a'), join(path, 'copy.json'))
  await retry(() => expect(warnings).toHaveLength(1))
  expect(warnings[0]).toContain(`it has the key "a", whose file is '${fileNameOf('a')}'`)
  expect(Object.fromEntries(await contentOf(state))).toEqual({ a: 1 })
  rmSync(join(path, 'copy.json'))
  await retry(async () => expect(await state.backends.health('file')).toMatchObject({ healthy: true }))
})

test('a folder that git checks out another state of is followed, and checked-out files count as they were written', async () => {
  const { path, state, fileOf } = await opened()
  const git = (...args: string[]): unknown =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.c', ...args], {
      cwd: path,
      stdio: 'pipe',
    })
  for (let i = 0; i < 50; i++) await state.set(`key${i}`, i)
  const before = await state.getEntry('key7')
  git('init', '-q')
  git('add', '*/*.json')
  git('commit', '-qm', 'first')
  await state.set('later', 1)
  for (let i = 0; i < 50; i += 2) await state.set(`key${i}`, 'changed')
  await state.delete('key7')
  git('add', '-A', '--', '*/*.json')
  git('commit', '-qm', 'second')
  git('checkout', '-q', 'HEAD~1')
  await retry(async () => {
    const content = await contentOf(state)
    expect(content.size).toBe(50)
    expect([...content].every(([key, value]) => key === `key${value}`)).toBe(true)
  })
  expect(await state.getEntry('key7')).toEqual(before)
  expect(existsSync(fileOf('later'))).toBe(false)
})

test('links are not followed', async () => {
  const outside = join(temporaryFolder(), 'outside')
  mkdirSync(outside)
  const first = await opened()
  await first.state.set('a', 1)
  await first.state.close()
  const shard = dirname(first.fileOf('a'))
  const secret = join(outside, 'secret.json')
  writeFileSync(secret, JSON.stringify({ key: 'secret', value: 1 }))
  rmSync(shard, { recursive: true })
  symlinkSync(outside, shard)
  symlinkSync(secret, join(first.path, 'secret.json'))
  const { state, warnings } = await opened(first.path)
  expect(await state.get('secret')).toBeUndefined()
  expect(warnings).toEqual([expect.stringContaining('it is a link')])
  await expect(state.set('a', 2)).rejects.toMatchObject({
    code: 'BACKEND_ERROR',
    message: expect.stringContaining(shard),
  })
  expect(readdirSync(outside)).toEqual(['secret.json'])
})

test('a folder that was taken away as a whole deletes no keys', async () => {
  const { path, state } = await opened()
  await state.setMany([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
  renameSync(path, `${path}-elsewhere`)
  await sleep(600)
  expect(Object.fromEntries(await contentOf(state))).toEqual({ a: 1, b: 2 })
})

test('a folder of one layout is not opened as the other', async () => {
  const { path, state } = await opened()
  await state.close()
  await expect(openState(file({ path }))).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
  const log = join(temporaryFolder(), 'log')
  await (await openState(file({ path: log }))).state.close()
  await expect(openState(file({ path: log, layout: 'tree' }))).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
})

test('bytes of every kind come back as they were', async () => {
  const first = await opened()
  const values = [
    '',
    '{ "a" : 1 }',
    '-0',
    '1e2',
    '{"__proto__":{"a":1}}',
    '"\u2028"',
    '\ufeff1',
    '{"b":1,"1":2}',
    'null',
    '\u0001',
    'text',
  ]
  const bytes = [...values.map((text) => Buffer.from(text)), Buffer.from([0xff, 0xfe, 0x00])]
  const { openStore } = await import('@switchyard/core')
  await first.state.close()
  const open = (): ReturnType<typeof openStore> => openStore(file({ path: first.path, layout: 'tree' }))
  const store = await open()
  for (const [i, value] of bytes.entries()) await store.set(`key${i}`, { value, version: `v${i}` })
  await store.close()
  const again = await open()
  for (const [i, value] of bytes.entries()) {
    const entry = await again.get(`key${i}`)
    expect(Buffer.from(entry?.value ?? []).equals(value)).toBe(true)
    expect(entry?.version).toBe(`v${i}`)
  }
  await again.close()
})

import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isStateError } from '@switchyard/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type BackupRecord,
  checkBackup,
  createBackupWriter,
  readBackup,
  type WriteBackupOptions,
} from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KINDS: readonly WriteBackupOptions[] = [
  { compression: 'zstd' },
  { compression: 'gzip' },
  { compression: 'none' },
  { compression: 'zstd', key: 'secret' },
  { compression: 'none', key: 'secret' },
]

const set = (key: string, value: string | Uint8Array, version = 'v1', expiresAt?: number): BackupRecord => ({
  op: 'set',
  key,
  entry: { value: Buffer.from(value as string), version, ...(expiresAt !== undefined && { expiresAt }) },
})

async function written(records: readonly BackupRecord[], options: WriteBackupOptions): Promise<string> {
  const path = join(temporaryFolder(), 'state.backup')
  const writer = await createBackupWriter(path, options)
  for (let i = 0; i < records.length; i += 100) await writer.write(records.slice(i, i + 100))
  await writer.finish()
  return path
}

async function recordsOf(path: string, key?: string): Promise<BackupRecord[]> {
  const found: BackupRecord[] = []
  for await (const batch of readBackup(path, key === undefined ? {} : { key })) found.push(...batch)
  return found
}

const plain = (records: readonly BackupRecord[]): unknown =>
  records.map((record) =>
    record.op === 'set'
      ? { ...record, entry: { ...record.entry, value: Buffer.from(record.entry.value).toString('hex') } }
      : record,
  )

const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
const record: fc.Arbitrary<BackupRecord> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(key, fc.uint8Array({ maxLength: 2000 }), fc.string(), fc.option(fc.nat(), { nil: undefined }))
      .map(([name, value, version, expiresAt]) => set(name, value, version, expiresAt)),
  },
  { weight: 1, arbitrary: key.map((name): BackupRecord => ({ op: 'delete', key: name })) },
)

describe.each(KINDS)('a backup with %o', (options) => {
  test('gives back what was written', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 60 }), async (records) => {
        const path = await written(records, options)
        expect(plain(await recordsOf(path, options.key))).toEqual(plain(records))
      }),
      { numRuns: options.key === undefined ? 40 : 3 },
    )
  })

  test('spans many blocks, with records larger than a block', async () => {
    const records = Array.from({ length: 3000 }, (_, i) => set(`key${i}`, 'x'.repeat(i % 1500)))
    records.push(set('large', 'y'.repeat(2_000_000)))
    const path = await written(records, options)
    expect(plain(await recordsOf(path, options.key))).toEqual(plain(records))
    const info = await checkBackup(path, options)
    expect(info).toMatchObject({
      records: 3001,
      bytes: statSync(path).size,
      encrypted: options.key !== undefined,
      compression: options.compression,
    })
  })

  test('is refused with a place and a reason if a bit is flipped, or any of it is missing or added', async () => {
    const records = Array.from({ length: 200 }, (_, i) => set(`key${i}`, `${'value'.repeat(i % 7)}${i}`))
    const path = await written(records, options)
    const bytes = readFileSync(path)
    let state = 12345
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const copy = join(temporaryFolder(), 'damaged')
    // Each of them derives the key anew.
    const cases = options.key === undefined ? 500 : 12
    for (let i = 0; i < cases; i++) {
      const at = random(bytes.length)
      let changed: Buffer
      if (i % 4 === 0) changed = bytes.subarray(0, at)
      else if (i % 4 === 1) changed = Buffer.concat([bytes, Buffer.alloc(1 + random(30))])
      else {
        changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ (1 << random(8))
      }
      writeFileSync(copy, changed)
      const error: unknown = await checkBackup(copy, options).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (!isStateError(error, 'CORRUPT')) throw new Error(`case ${i} at ${at}: ${String(error)}`)
      expect(error.message).toMatch(/damaged' is not a whole backup: at byte \d+, /)
    }
  })
})

test('blocks that change places or come twice are noticed', async () => {
  const records = Array.from({ length: 40 }, (_, i) => set(`key${i}`, Buffer.alloc(20_000, i)))
  const path = await written(records, { compression: 'none' })
  const bytes = readFileSync(path)
  const start = 18 + 8 + bytes.readUInt32LE(18)
  const first = 17 + bytes.readUInt32LE(start + 9)
  const second = 17 + bytes.readUInt32LE(start + first + 9)
  const [a, b] = [bytes.subarray(start, start + first), bytes.subarray(start + first, start + first + second)]
  const [head, tail] = [bytes.subarray(0, start), bytes.subarray(start + first + second)]
  for (const blocks of [[b, a], [a, a, b], [a], [b]]) {
    writeFileSync(path, Buffer.concat([head, ...blocks, tail]))
    await expect(checkBackup(path)).rejects.toMatchObject({ code: 'CORRUPT' })
  }
})

test('an encrypted backup shows nothing, and needs its key', async () => {
  const path = await written([set('a key to look for', 'a value to look for')], {
    key: 'secret',
    compression: 'none',
  })
  expect(readFileSync(path).includes('to look for')).toBe(false)
  await expect(checkBackup(path)).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining('encrypted'),
  })
  await expect(checkBackup(path, { key: 'other' })).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining('not the key'),
  })
})

test('a newer format, another file and none are told apart', async () => {
  const path = await written([], { compression: 'none' })
  const folder = temporaryFolder()
  const { crc32 } = await import('node:zlib')
  const text = Buffer.from(JSON.stringify({ format: 2, createdAt: 0, compression: 'none' }))
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(text.length, 0)
  sizes.writeUInt32LE(crc32(text), 4)
  const newer = join(folder, 'newer')
  writeFileSync(newer, Buffer.concat([readFileSync(path).subarray(0, 18), sizes, text]))
  await expect(checkBackup(newer)).rejects.toMatchObject({
    code: 'INCOMPATIBLE',
    message: expect.stringMatching(/newer' cannot be read: at byte 18, .*format 2.*format 1/),
  })
  const other = join(folder, 'other')
  writeFileSync(other, 'a letter to a friend, which is no backup')
  await expect(checkBackup(other)).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining('at byte 0'),
  })
  await expect(checkBackup(join(folder, 'none'))).rejects.toMatchObject({ code: 'INVALID_OPTIONS' })
})

test('a file that is there is not replaced unless that is asked for, and what is given up leaves nothing', async () => {
  const path = await written([set('a', '1')], {})
  await expect(createBackupWriter(path)).rejects.toMatchObject({ code: 'CONFLICT' })
  await expect(createBackupWriter(join(path, '..'))).rejects.toMatchObject({ code: 'CONFLICT' })
  const kept = readFileSync(path)
  rmSync(path)
  const again = await createBackupWriter(path)
  await again.write([set('b', '2')])
  // It came meanwhile.
  writeFileSync(path, kept)
  await expect(again.finish()).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(plain(await recordsOf(path))).toEqual(plain([set('a', '1')]))
  const replacing = await createBackupWriter(path, { overwrite: true })
  await replacing.write([set('c', '3')])
  await replacing.finish()
  expect(plain(await recordsOf(path))).toEqual(plain([set('c', '3')]))
  const stop = new AbortController()
  const given = await createBackupWriter(join(path, '..', 'given-up'), { signal: stop.signal })
  stop.abort()
  await expect(given.write([set('d', 'x'.repeat(300_000)), set('e', 'x')])).rejects.toMatchObject({
    code: 'ABORTED',
  })
  await (await createBackupWriter(join(path, '..', 'aborted'))).abort()
  expect(readdirSync(join(path, '..'))).toEqual(['state.backup'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a backup of format 1 can be read for ever', async () => {
  const fixture = new URL('fixtures/format-1.backup', import.meta.url).pathname
  expect(plain(await recordsOf(fixture, 'secret'))).toEqual(
    plain([
      set('text', '"value"', 'v1'),
      set('expiring', '1', 'v2', 4_102_444_800_000),
      { op: 'delete', key: 'gone' },
      set('bytes', Buffer.from([1, 0, 255]), 'v3'),
    ]),
  )
})

test('batches that are handed over without waiting follow one another', async () => {
  const path = join(temporaryFolder(), 'state.backup')
  const writer = await createBackupWriter(path)
  const batches = Array.from({ length: 12 }, (_, i) =>
    Array.from({ length: 50 }, (_, j) => set(`${i}-${j}`, randomBytes(12_000 >> (i % 3)))),
  )
  await Promise.all(batches.map((batch) => writer.write(batch)))
  await writer.finish()
  expect(plain(await recordsOf(path))).toEqual(plain(batches.flat()))
})

test('who goes on after a failure is told the same one again, and there is no file', async () => {
  const path = join(temporaryFolder(), 'state.backup')
  const giveUp = new AbortController()
  const writer = await createBackupWriter(path, { signal: giveUp.signal })
  giveUp.abort()
  const large = Array.from({ length: 50 }, (_, i) => set(`${i}`, randomBytes(12_000)))
  const failures = await Promise.allSettled([writer.write(large), writer.write(large), writer.finish()])
  expect(failures).toMatchObject(
    Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { code: 'ABORTED' } })),
  )
  expect(readdirSync(join(path, '..'))).toEqual([])
})

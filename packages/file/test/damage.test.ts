import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesCodec, isStateError } from '@switchyard/core'
import { expect, test } from 'vitest'
import { file } from '../src/index.ts'
import { numbers } from './numbers.ts'
import { contentOf, openState } from './open-state.ts'
import { smallSegments } from './small-segments.ts'
import { temporaryFolder } from './temporary-folder.ts'

const CASES = 500

/** A folder with several segments, and what it held at any time. */
async function written(): Promise<{
  readonly folder: string
  readonly values: ReadonlyMap<string, ReadonlySet<string>>
  readonly last: ReadonlyMap<string, unknown>
}> {
  const folder = join(temporaryFolder(), 'state')
  const { state } = await openState(smallSegments({ path: folder, durability: 'none' }))
  const values = new Map<string, Set<string>>()
  for (let i = 0; i < 400; i++) {
    const key = `key${i % 60}`
    const value = `${i}:${'abc'.repeat(i % 70)}`
    values.set(key, (values.get(key) ?? new Set()).add(value))
    await state.set(key, value)
    if (i % 9 === 0) await state.delete(`key${(i * 7) % 60}`)
  }
  const last = await contentOf(state)
  await state.close()
  return { folder, values, last }
}

function lastSegment(folder: string): string {
  const names = readdirSync(folder).filter((name) => name.endsWith('.log'))
  return join(folder, names.at(-1) as string)
}

/** As a process leaves it that is killed: without a hint for the last segment, and with room behind its end. */
async function killed(): Promise<Awaited<ReturnType<typeof written>>> {
  const { folder, values, last } = await written()
  const { state } = await openState(smallSegments({ path: folder }))
  await state.set('key0', 'the last')
  const copy = join(temporaryFolder(), 'killed')
  cpSync(folder, copy, { recursive: true })
  await state.close()
  const more = new Map(values).set('key0', new Set([...(values.get('key0') ?? []), 'the last']))
  return { folder: copy, values: more, last: new Map(last).set('key0', 'the last') }
}

function damage(path: string, next: (below: number) => number): void {
  const bytes = readFileSync(path)
  for (let flips = 1 + next(3); flips > 0; flips--) {
    const at = next(bytes.length)
    bytes[at] = (bytes[at] as number) ^ (1 << next(8))
  }
  writeFileSync(path, bytes)
}

test(`${CASES} folders damaged at random are refused, or give what was last written and say of which key they cannot`, async () => {
  const folders = [await written(), await killed()]
  const next = numbers(7)
  const outcomes = { refused: 0, whole: 0, cut: 0, keyRefused: 0 }
  for (let i = 0; i < CASES; i++) {
    const { folder, values, last } = folders[i % 2] as Awaited<ReturnType<typeof written>>
    const copy = join(temporaryFolder(), 'state')
    cpSync(folder, copy, { recursive: true })
    const names = readdirSync(copy).filter((name) => /\.(log|hint|json)$/.test(name))
    const path = join(copy, names[next(names.length)] as string)
    if (i % 3 === 0) truncateSync(path, next(statSync(path).size))
    else damage(path, next)
    let opened: Awaited<ReturnType<typeof openState>>
    try {
      opened = await openState(file({ path: copy }))
    } catch (error) {
      if (!isStateError(error, 'CORRUPT') && !isStateError(error, 'INCOMPATIBLE')) throw error
      expect(readdirSync(copy)).toEqual(expect.arrayContaining(names))
      outcomes.refused++
      continue
    }
    const { state, warnings } = opened
    const isCut = warnings.length > 0
    const { items } = await state.keys({ limit: 1000 }).page()
    if (!isCut) expect(items).toEqual([...last.keys()].sort())
    for (const key of items) {
      try {
        const value = await state.get(key)
        if (isCut) expect(values.get(key)).toContain(value)
        else expect(value).toBe(last.get(key))
      } catch (error) {
        if (!isStateError(error, 'CORRUPT')) throw error
        expect(error.message).toMatch(/\.log' is damaged at byte \d+/)
        outcomes.keyRefused++
      }
    }
    await state.close()
    outcomes[isCut ? 'cut' : 'whole']++
  }
  expect(outcomes.refused).toBeGreaterThan(20)
  expect(outcomes.cut).toBeGreaterThan(5)
  expect(outcomes.keyRefused).toBeGreaterThan(20)
}, 300_000)

test('a manifest with a flipped bit is refused, and nothing is removed', async () => {
  const { folder } = await written()
  const manifest = readFileSync(join(folder, 'manifest.json'))
  const names = readdirSync(folder).filter((name) => /\.(log|hint)$/.test(name))
  // The last byte ends the line.
  for (let at = 0; at < manifest.length - 1; at++) {
    const copy = join(temporaryFolder(), 'state')
    cpSync(folder, copy, { recursive: true })
    const flipped = Buffer.from(manifest)
    flipped[at] = (flipped[at] as number) ^ 1
    writeFileSync(join(copy, 'manifest.json'), flipped)
    const error = await openState(file({ path: copy })).catch((reason: unknown) => reason)
    expect(isStateError(error, 'CORRUPT') || isStateError(error, 'INCOMPATIBLE')).toBe(true)
    expect(readdirSync(copy)).toEqual(expect.arrayContaining(names))
  }
})

test('a closed log whose end is missing is damaged, not cut off', async () => {
  const { folder } = await written()
  const segment = lastSegment(folder)
  const { size } = statSync(segment)
  truncateSync(segment, size - 1)
  await expect(openState(file({ path: folder }))).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining(
      `'${segment}' is damaged at byte ${size - 1}: it ends there, and had ${size} bytes`,
    ),
  })
})

test('a value that holds a block of the log does not pass for one, in the middle of a write that was cut off', async () => {
  const folder = join(temporaryFolder(), 'state')
  const { state } = await openState(file({ path: folder, durability: 'none' }))
  await state.set('key', 'kept')
  const segment = lastSegment(folder)
  const block = readFileSync(segment)
  const bytes = state.namespace('raw', { codec: bytesCodec })
  await bytes.set('copy', Buffer.concat([block, block, Buffer.alloc(100, 1)]))
  await state.close()
  truncateSync(segment, statSync(segment).size - 50)
  for (const name of readdirSync(folder)) if (name.endsWith('.hint')) rmSync(join(folder, name))
  const { state: again, warnings } = await openState(file({ path: folder }))
  expect(warnings).toEqual([expect.stringContaining(`from ${block.length} on are cut off`)])
  expect(await contentOf(again)).toEqual(new Map([['key', 'kept']]))
})

test('a write that was cut off is cut away with a warning that names file and place, and nothing else is lost', async () => {
  const { folder, last } = await written()
  const segment = lastSegment(folder)
  const { size } = statSync(segment)
  writeFileSync(segment, Buffer.from('torn'), { flag: 'a' })
  const { state, warnings } = await openState(file({ path: folder }))
  expect(warnings).toEqual([
    expect.stringContaining(`'${segment}' ended in the middle of a write; 4 bytes from ${size} on`),
  ])
  expect(await contentOf(state)).toEqual(last)
})

test('the room behind the end of a log whose process was killed is no damage, and a write that was cut off in it is told', async () => {
  const folder = join(temporaryFolder(), 'state')
  const { state } = await openState(file({ path: folder, durability: 'group' }))
  await state.set('key', 'kept')
  const segment = join(folder, '00000001.log')
  const { size } = statSync(segment)
  const bytes = readFileSync(segment)
  const used = bytes.findLastIndex((byte) => byte !== 0) + 1
  expect(used).toBeLessThan(size)

  const killed = join(temporaryFolder(), 'killed')
  cpSync(folder, killed, { recursive: true })
  const { state: again, warnings } = await openState(file({ path: killed }))
  expect(warnings).toEqual([])
  expect(await contentOf(again)).toEqual(new Map([['key', 'kept']]))

  const torn = join(temporaryFolder(), 'torn')
  cpSync(folder, torn, { recursive: true })
  bytes.write('torn', used)
  writeFileSync(join(torn, '00000001.log'), bytes)
  const { state: third, warnings: told } = await openState(file({ path: torn }))
  expect(told).toEqual([expect.stringContaining(`; 4 bytes from ${used} on`)])
  expect(await contentOf(third)).toEqual(new Map([['key', 'kept']]))

  await state.close()
  expect(statSync(segment).size).toBe(used)
})

test('a broken block with whole ones behind it is damage, and nothing is cut away', async () => {
  const { folder } = await written()
  const segment = lastSegment(folder)
  const bytes = readFileSync(segment)
  bytes[12] = (bytes[12] as number) ^ 1
  writeFileSync(segment, bytes)
  for (const name of readdirSync(folder)) if (name.endsWith('.hint')) writeFileSync(join(folder, name), '')
  await expect(openState(file({ path: folder }))).rejects.toMatchObject({
    code: 'CORRUPT',
    message: expect.stringContaining(`'${segment}' is damaged at byte 0`),
  })
  expect(readFileSync(segment)).toEqual(bytes)
})

test('a hint that is damaged, old or gone changes nothing', async () => {
  const { folder, last } = await written()
  for (const [i, name] of readdirSync(folder)
    .filter((one) => one.endsWith('.hint'))
    .entries()) {
    if (i % 2 === 0) truncateSync(join(folder, name), 20)
    else writeFileSync(join(folder, name), 'not a hint')
  }
  const { state } = await openState(file({ path: folder }))
  expect(await contentOf(state)).toEqual(last)
})

test('segments without their manifest are not taken for an empty folder', async () => {
  const { folder } = await written()
  writeFileSync(join(folder, 'manifest.json'), '{"layout":"log","format":2,"segments":[]}')
  await expect(openState(file({ path: folder }))).rejects.toMatchObject({ code: 'INCOMPATIBLE' })
  rmSync(join(folder, 'manifest.json'))
  await expect(openState(file({ path: folder }))).rejects.toMatchObject({ code: 'CORRUPT' })
  expect(readdirSync(folder).some((name) => name.endsWith('.log'))).toBe(true)
})

import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isStateError } from '@switchyard/core'
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

test(`${CASES} folders damaged at random are refused or give what was once written`, async () => {
  const { folder, values } = await written()
  const next = numbers(7)
  const outcomes = { refused: 0, whole: 0, cut: 0, keyRefused: 0 }
  for (let i = 0; i < CASES; i++) {
    const copy = join(temporaryFolder(), 'state')
    cpSync(folder, copy, { recursive: true })
    const names = readdirSync(copy).filter((name) => /\.(log|hint|json)$/.test(name))
    const path = join(copy, names[next(names.length)] as string)
    const { size } = statSync(path)
    if (i % 3 === 0) truncateSync(path, next(size))
    else {
      const bytes = readFileSync(path)
      for (let flips = 1 + next(3); flips > 0; flips--) {
        const at = next(size)
        bytes[at] = (bytes[at] as number) ^ (1 << next(8))
      }
      writeFileSync(path, bytes)
    }
    try {
      const { state, warnings } = await openState(file({ path: copy }))
      try {
        const { items } = await state.keys().page()
        for (const key of items) {
          try {
            expect(values.get(key)).toContain(await state.get(key))
          } catch (error) {
            if (!isStateError(error, 'CORRUPT')) throw error
            expect(error.message).toMatch(/\.log' is damaged at byte \d+/)
            outcomes.keyRefused++
          }
        }
      } finally {
        await state.close()
      }
      outcomes[warnings.length > 0 ? 'cut' : 'whole']++
    } catch (error) {
      if (!isStateError(error, 'CORRUPT') && !isStateError(error, 'INCOMPATIBLE')) throw error
      outcomes.refused++
    }
  }
  expect(outcomes.refused).toBeGreaterThan(20)
  expect(outcomes.cut).toBeGreaterThan(5)
  expect(outcomes.keyRefused).toBeGreaterThan(20)
}, 120_000)

test('a write that was cut off is cut away with a warning that names file and place, and nothing else is lost', async () => {
  const { folder, last } = await written()
  const segment = join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .at(-1) as string,
  )
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
  const segment = join(
    folder,
    readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .at(-1) as string,
  )
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
  const { rmSync } = await import('node:fs')
  rmSync(join(folder, 'manifest.json'))
  await expect(openState(file({ path: folder }))).rejects.toMatchObject({ code: 'CORRUPT' })
  expect(readdirSync(folder).some((name) => name.endsWith('.log'))).toBe(true)
})

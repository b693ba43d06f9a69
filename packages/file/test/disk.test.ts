import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { file } from '../src/index.ts'
import { openState } from './open-state.ts'
import { smallDisk } from './small-disk.ts'
import { smallSegments } from './small-segments.ts'
import { temporaryFolder } from './temporary-folder.ts'

const value = 'x'.repeat(10_000)

describe.each(['log', 'tree'] as const)("on a full disk, with layout '%s'", (layout) => {
  test.each(['none', 'group', 'always'] as const)(
    "a write is FULL, all that was acknowledged is kept, and there is room again, with durability '%s'",
    async (durability) => {
      const disk = smallDisk('2m')
      const path = join(disk, 'state')
      const ballast = join(disk, 'ballast')
      const { state } = await openState(file({ path, layout, durability }))
      writeFileSync(ballast, Buffer.alloc(1 << 20))
      const acknowledged: string[] = []
      const fillUp = async (): Promise<void> => {
        for (let i = 0; ; i++) {
          await state.set(`key${i}`, value)
          acknowledged.push(`key${i}`)
        }
      }
      await expect(fillUp()).rejects.toMatchObject({ code: 'FULL' })
      expect(acknowledged.length).toBeGreaterThan(10)
      expect(await state.getMany(acknowledged)).toEqual(acknowledged.map(() => value))
      rmSync(ballast)
      await state.set('later', 1)
      await state.close()
      const { state: again } = await openState(file({ path, layout, durability }))
      expect(await again.getMany([...acknowledged, 'later'])).toEqual([...acknowledged.map(() => value), 1])
      expect((await again.stats()).keys).toBe(acknowledged.length + 1)
    },
  )
})

test('many writers on a full disk leave no file and no handle behind, and lose nothing', async () => {
  const disk = smallDisk('1m')
  const path = join(disk, 'state')
  const { state } = await openState(smallSegments({ path }))
  const acknowledged = new Set<string>()
  let failures = 0
  const write = async (worker: number): Promise<void> => {
    for (let i = 0; i < 40; i++) {
      const key = `${worker}:${i}`
      try {
        await state.set(key, value)
        acknowledged.add(key)
      } catch (error) {
        expect(error).toMatchObject({ code: 'FULL' })
        failures++
      }
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, worker) => write(worker)))
  expect(failures).toBeGreaterThan(200)
  const handles = readdirSync('/proc/self/fd').length
  const names = readdirSync(path).length
  await Promise.all(Array.from({ length: 8 }, (_, worker) => write(worker + 100)))
  expect(readdirSync('/proc/self/fd').length).toBeLessThan(handles + 10)
  expect(readdirSync(path).length).toBeLessThan(names + 10)
  const keys = [...acknowledged]
  expect(await state.getMany(keys)).toEqual(keys.map(() => value))
  await state.close()
  const { state: again } = await openState(file({ path }))
  expect(await again.getMany(keys)).toEqual(keys.map(() => value))
})

test('a folder that is a file is refused by name', async () => {
  const path = join(temporaryFolder(), 'file')
  writeFileSync(path, '')
  await expect(openState(file({ path }))).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining(`'${path}' is a file`),
  })
})

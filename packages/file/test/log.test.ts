import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '@switchyard/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { file } from '../src/index.ts'
import { packBlock } from '../src/log/block.ts'
import { createLogIndex } from '../src/log/log-index.ts'
import { createSegments } from '../src/log/segments.ts'
import { contentOf, openState } from './open-state.ts'
import { smallSegments } from './small-segments.ts'
import { temporaryFolder } from './temporary-folder.ts'

const files = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.endsWith(ending))

describe('the log', () => {
  test('gives back the room of what was overwritten and deleted', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(smallSegments({ path, durability: 'none' }))
    for (let i = 0; i < 5000; i++) await state.set(`key${i % 10}`, 'x'.repeat(200))
    await expect.poll(async () => (await state.stats()).bytes, { timeout: 60_000 }).toBeLessThan(200_000)
    for (let i = 0; i < 9; i++) await state.delete(`key${i}`)
    const { bytesBefore, bytesAfter } = await state.optimize()
    expect(bytesAfter).toBeLessThan(bytesBefore)
    expect(bytesAfter).toBeLessThan(500)
    expect(await contentOf(state)).toEqual(new Map([['key9', 'x'.repeat(200)]]))
    expect(files(path, '.log').reduce((sum, name) => sum + statSync(join(path, name)).size, 0)).toBe(
      bytesAfter,
    )
  })

  test('is merged as it is, also while it is being merged as it was', async () => {
    const folder = temporaryFolder()
    const segments = createSegments({
      folder,
      index: createLogIndex(),
      opened: [],
      clock: systemClock,
      segmentBytes: 4096,
      synced: false,
      onError: (error) => expect.unreachable(error.message),
    })
    async function overwrite(): Promise<void> {
      for (let i = 0; i < 20; i++) {
        const segment = await segments.active()
        const entry = { value: Buffer.alloc(1000, i), version: `v${i}` }
        const { block, located } = packBlock([{ key: 'key', entry }], segment)
        segment.append(block)
        segments.applied(located)
      }
      await segments.rotate()
    }
    await overwrite()
    const underWay = segments.compact()
    await overwrite()
    await segments.compact()
    await underWay
    expect(segments.bytes).toBeLessThan(2000)
    await segments.close()
  })

  test('has a hint for each segment when it is closed, and opens from them', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(smallSegments({ path, durability: 'none' }))
    for (let i = 0; i < 500; i++) await state.set(`key${i}`, 'x'.repeat(200))
    for (let i = 0; i < 500; i += 2) await state.delete(`key${i}`)
    const content = await contentOf(state)
    await state.close()
    expect(files(path, '.hint')).toHaveLength(files(path, '.log').length)
    const { state: again } = await openState(file({ path }))
    expect(await contentOf(again)).toEqual(content)
    expect(content.size).toBe(250)
  })

  test('knows after it was opened again what is dead', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(file({ path }))
    for (let i = 0; i < 300; i++) await state.setMany([{ key: `key${i % 5}`, value: 'x'.repeat(50) }])
    const before = Number((await state.stats()).detail?.['deadBytes'])
    expect(before).toBeGreaterThan(295 * 50)
    await state.close()
    const { state: again } = await openState(file({ path }))
    expect((await again.stats()).detail?.['deadBytes']).toBeGreaterThanOrEqual(before)
  })

  test('does not grow from restart to restart', async () => {
    const path = join(temporaryFolder(), 'state')
    for (let round = 0; round < 8; round++) {
      const { state } = await openState(smallSegments({ path, durability: 'none' }))
      for (let i = 0; i < 300; i++) await state.set(`key${i % 5}`, 'x'.repeat(50))
      await expect.poll(async () => (await state.stats()).bytes).toBeLessThan(50_000)
      await state.close()
    }
  })

  test('tries again with the next segment where a compaction failed, not with the next write', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(smallSegments({ path, durability: 'none' }))
    await state.set('damaged', 'x'.repeat(20_000))
    const bytes = readFileSync(join(path, '00000001.log'))
    bytes[bytes.length - 9] = 0
    writeFileSync(join(path, '00000001.log'), bytes)
    await state.close()
    const { state: again, warnings } = await openState(smallSegments({ path, durability: 'none' }))
    for (let i = 0; i < 2000; i++) await again.set('key', `${i}${'x'.repeat(100)}`)
    await expect(again.get('damaged')).rejects.toMatchObject({ code: 'CORRUPT' })
    expect(warnings.length).toBeGreaterThan(0)
    expect(warnings.length).toBeLessThanOrEqual(files(path, '.log').length)
    // Once the key is written again, nothing stands in the way.
    await again.set('damaged', 'mended')
    await again.optimize()
    expect((await again.stats()).bytes).toBeLessThan(1000)
    expect(await again.get('damaged')).toBe('mended')
  })

  test('reads values of any size while they are moved', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(smallSegments({ path, durability: 'none' }))
    const large = 'y'.repeat(300_000)
    await state.set('large', large)
    let stop = false
    const readers = Array.from({ length: 4 }, async () => {
      while (!stop) {
        expect(await state.get('large')).toBe(large)
        await new Promise(setImmediate)
      }
    })
    for (let i = 0; i < 10; i++) {
      await state.set(`key${i}`, i)
      await state.optimize()
    }
    stop = true
    await Promise.all(readers)
  })

  test('counts exactly, and shows nothing before it is synced, while many write at once', async () => {
    const path = join(temporaryFolder(), 'state')
    const { state } = await openState(smallSegments({ path }))
    let done = 0
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 50; i++) {
        const count = await state.increment('count')
        done++
        // What others have been told is there, and what nobody has been told of may be.
        expect(count).toBeGreaterThan(0)
        expect(await state.get('count')).toBeGreaterThanOrEqual(done)
      }
    }
    const cleaner = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        await state.set(`short${i}`, i, { ttl: 1 })
        // It needs a moment between two commits, and gets it however many write.
        await state.cleanup()
      }
    }
    await Promise.all([...Array.from({ length: 64 }, worker), cleaner()])
    expect(await state.get('count')).toBe(3200)
    await state.close()
    const sizes = files(path, '.log').map((name) => statSync(join(path, name)).size)
    const { state: again } = await openState(file({ path }))
    expect(await again.get('count')).toBe(3200)
    expect((await again.stats()).bytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
  })

  test('does what a Map does, over restarts and compactions', async () => {
    const key = fc.integer({ min: 0, max: 12 }).map((n) => `key${n}`)
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ op: fc.constant('set' as const), key, size: fc.nat({ max: 3000 }) }),
      },
      { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), key }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('reopen' as const) }) },
      { weight: 1, arbitrary: fc.record({ op: fc.constant('optimize' as const) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const options = { path: join(temporaryFolder(), 'state'), durability: 'none' } as const
        const model = new Map<string, unknown>()
        let { state } = await openState(smallSegments(options))
        for (const [i, one] of steps.entries()) {
          if (one.op === 'set') {
            const value = `${i}:${'x'.repeat(one.size)}`
            await state.set(one.key, value)
            model.set(one.key, value)
          } else if (one.op === 'delete') {
            expect(await state.delete(one.key)).toBe(model.delete(one.key))
          } else if (one.op === 'optimize') {
            await state.optimize()
          } else {
            await state.close()
            state = (await openState(smallSegments(options))).state
          }
        }
        expect(await contentOf(state)).toEqual(model)
        await state.close()
      }),
      { numRuns: 60 },
    )
  }, 300_000)
})

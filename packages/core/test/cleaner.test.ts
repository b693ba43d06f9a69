import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCleaner } from '../src/cleaner.ts'
import type { StateError, Ttl } from '../src/index.ts'
import { codeOf } from './test-state.ts'

const DAY_MS = 86_400_000

describe('a cleaner', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('runs once in each interval, from the end of the last run on', async () => {
    const cleanup = vi.fn(async () => {})
    const cleaner = createCleaner(cleanup, () => {})
    cleaner.start('1m')
    await vi.advanceTimersByTimeAsync(59_999)
    expect(cleanup).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(cleanup).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(cleanup).toHaveBeenCalledTimes(3)
    await cleaner.stop()
  })

  it('does not begin a run while the last one lasts', async () => {
    const gate = Promise.withResolvers<void>()
    const cleanup = vi.fn(() => gate.promise)
    const cleaner = createCleaner(cleanup, () => {})
    cleaner.start(10)
    await vi.advanceTimersByTimeAsync(100)
    expect(cleanup).toHaveBeenCalledTimes(1)
    gate.resolve()
    await vi.advanceTimersByTimeAsync(10)
    expect(cleanup).toHaveBeenCalledTimes(2)
    await cleaner.stop()
  })

  it('stops: no run begins, and the one under way is waited for', async () => {
    const gate = Promise.withResolvers<void>()
    const cleanup = vi.fn(() => gate.promise)
    const cleaner = createCleaner(cleanup, () => {})
    cleaner.start(10)
    await vi.advanceTimersByTimeAsync(10)
    let stopped = false
    const stopping = cleaner.stop().then(() => {
      stopped = true
    })
    await vi.advanceTimersByTimeAsync(50)
    expect(stopped).toBe(false)
    gate.resolve()
    await stopping
    await vi.advanceTimersByTimeAsync(1000)
    expect(cleanup).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
    await cleaner.stop()
  })

  it('goes on with another interval, and leaves no second timer', async () => {
    const cleanup = vi.fn(async () => {})
    const cleaner = createCleaner(cleanup, () => {})
    cleaner.start('1h')
    cleaner.start('1s')
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(3000)
    expect(cleanup).toHaveBeenCalledTimes(3)
    cleaner.start('1m')
    await vi.advanceTimersByTimeAsync(59_000)
    expect(cleanup).toHaveBeenCalledTimes(3)
    await cleaner.stop()
    cleaner.start('1s')
    await vi.advanceTimersByTimeAsync(1000)
    expect(cleanup).toHaveBeenCalledTimes(4)
    await cleaner.stop()
  })

  it('with an interval of years does not run at once', async () => {
    const cleanup = vi.fn(async () => {})
    const cleaner = createCleaner(cleanup, () => {})
    cleaner.start(10 * 365 * DAY_MS)
    await vi.advanceTimersByTimeAsync(24 * DAY_MS)
    expect(cleanup).not.toHaveBeenCalled()
    await cleaner.stop()
  })

  it('reports each failure and goes on, also if the cleanup throws at once', async () => {
    const errors: StateError[] = []
    const cause = new Error('disk')
    const cleaner = createCleaner(
      () => {
        throw cause
      },
      (error) => errors.push(error),
    )
    cleaner.start(10)
    await vi.advanceTimersByTimeAsync(30)
    expect(errors).toHaveLength(3)
    expect(errors[0]).toMatchObject({ code: 'BACKEND_ERROR', operation: 'cleanup', cause })
    await cleaner.stop()
  })

  it.each([0, -1, Number.NaN, '5 minutes'])(
    'refuses the interval %s, and goes on as before',
    async (interval) => {
      const cleanup = vi.fn(async () => {})
      const cleaner = createCleaner(cleanup, () => {})
      cleaner.start(10)
      expect(await codeOf(() => cleaner.start(interval as Ttl))).toBe('INVALID_TTL')
      await vi.advanceTimersByTimeAsync(10)
      expect(cleanup).toHaveBeenCalledTimes(1)
      await cleaner.stop()
    },
  )
})

describe('a process with a state', () => {
  it.each(['5m', 1, '520w'])('exits by itself, cleaning up every %s, without close()', async (interval) => {
    const program = new URL('./no-close.fixture.ts', import.meta.url)
    const run = promisify(execFile)(process.execPath, [program.pathname, JSON.stringify(interval)], {
      timeout: 60_000,
    })
    // A process that is killed for hanging rejects.
    expect((await run).stdout.trim()).toBe('done')
  })
})

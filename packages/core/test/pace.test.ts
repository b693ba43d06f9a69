import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createPace } from '../src/switch/pace.ts'

const { signal } = new AbortController()

function work(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** Others who use every turn of the event loop, and count what they do. */
function busyOthers(): { readonly count: () => number; readonly stop: () => Promise<void> } {
  let count = 0
  let isOver = false
  const running = (async () => {
    while (!isOver) {
      work(0.05)
      count++
      await nextTurn()
    }
  })()
  return {
    count: () => count,
    stop() {
      isOver = true
      return running
    },
  }
}

it('leaves others three quarters of the time when a step leaves them nothing', async () => {
  const others = busyOthers()
  const pace = createPace({ maxRate: 0, signal, traffic: others.count })
  let workedMs = 0
  const started = performance.now()
  pace.begin()
  for (let step = 0; step < 20; step++) {
    work(5)
    workedMs += 5
    await pace.rest(1)
  }
  const tookMs = performance.now() - started
  await others.stop()
  // Where the machine is slow the rests are longer, never shorter. What comes before others are known counts as well.
  expect(workedMs / tookMs).toBeLessThan(0.4)
  expect(pace.isContended).toBe(true)
})

it('rests for nobody where nobody else is there', async () => {
  let turns = 0
  const pace = createPace({ maxRate: 0, signal })
  pace.begin()
  for (let step = 0; step < 100; step++) {
    setImmediate(() => turns++)
    work(0.2)
    await pace.rest(1)
  }
  // No timer: each rest is one turn of the event loop.
  expect(turns).toBeLessThanOrEqual(100)
  expect(pace.isContended).toBe(false)
})

it('keeps to the keys per second that are asked for', async () => {
  const pace = createPace({ maxRate: 1000, signal })
  const started = performance.now()
  pace.begin()
  for (let step = 0; step < 10; step++) await pace.rest(10)
  expect(performance.now() - started).toBeGreaterThan(95)
})

it('is given up in a rest', async () => {
  const controller = new AbortController()
  const pace = createPace({ maxRate: 1, signal: controller.signal })
  pace.begin()
  const resting = pace.rest(3600)
  controller.abort(new Error('enough'))
  await expect(resting).rejects.toThrow()
  await expect(pace.rest(1)).rejects.toThrow('enough')
})

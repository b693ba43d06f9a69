import { describe, expect, it } from 'vitest'
import { createLimiter } from '../src/limiter.ts'
import { codeOf, failureOf } from './test-state.ts'

describe('a limiter', () => {
  it('lets as many in as it says, and then nobody', () => {
    const limiter = createLimiter(3, 10)
    expect([1, 2, 3, 4].map(() => limiter.tryEnter())).toEqual([true, true, true, false])
    limiter.leave()
    expect(limiter.tryEnter()).toBe(true)
    expect(limiter.running).toBe(3)
  })

  it('passes each place on in the order of waiting', () => {
    const limiter = createLimiter(2, 10)
    limiter.tryEnter()
    limiter.tryEnter()
    const order: number[] = []
    for (const i of [1, 2, 3]) limiter.wait(() => order.push(i))
    expect(limiter.waiting).toBe(3)
    limiter.leave()
    limiter.leave()
    expect(order).toEqual([1, 2])
    expect(limiter.running).toBe(2)
    limiter.leave()
    expect(order).toEqual([1, 2, 3])
  })

  it('lets nobody in before those who wait', () => {
    const limiter = createLimiter(1, 10)
    limiter.tryEnter()
    limiter.wait(() => {})
    expect(limiter.tryEnter()).toBe(false)
    limiter.leave()
    expect(limiter.tryEnter()).toBe(false)
  })

  it('refuses who would wait too many, tells the limits, and takes the next when there is room', async () => {
    const limiter = createLimiter(1, 1)
    limiter.tryEnter()
    const giveUp = limiter.wait(() => {})
    const error = await failureOf(() => limiter.wait(() => {}))
    expect(error).toMatchObject({ code: 'OVERLOADED', retryable: true })
    expect(error.message).toContain('1 run and 1 wait')
    giveUp()
    expect(limiter.waiting).toBe(0)
    limiter.wait(() => {})
    expect(limiter.waiting).toBe(1)
  })

  it('with no room to wait refuses at once', async () => {
    const limiter = createLimiter(1, 0)
    limiter.tryEnter()
    expect(await codeOf(() => limiter.wait(() => {}))).toBe('OVERLOADED')
  })

  it('never starts who has given up', () => {
    const limiter = createLimiter(1, 10)
    limiter.tryEnter()
    const order: string[] = []
    const giveUp = limiter.wait(() => order.push('gone'))
    limiter.wait(() => order.push('next'))
    giveUp()
    limiter.leave()
    expect(order).toEqual(['next'])
    limiter.leave()
    expect(limiter.running).toBe(0)
  })

  it('is idle when the last has left, also where someone waited', async () => {
    const limiter = createLimiter(1, 10)
    await limiter.idle()
    limiter.tryEnter()
    limiter.wait(() => {})
    let idle = false
    const waiting = limiter.idle().then(() => {
      idle = true
    })
    limiter.leave()
    await Promise.resolve()
    expect(idle).toBe(false)
    limiter.leave()
    await waiting
    expect(limiter.running).toBe(0)
  })
})

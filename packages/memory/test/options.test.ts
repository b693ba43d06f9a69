import { isStateError, type StateError } from '@switchyard/core'
import { describe, expect, it } from 'vitest'
import { type MemoryOptions, memory } from '../src/index.ts'

function refusal(options: unknown): StateError {
  try {
    memory(options as MemoryOptions)
  } catch (error) {
    if (isStateError(error)) return error
    throw error
  }
  throw new Error('accepted')
}

describe('the options of memory()', () => {
  it('may be left out, all or some, or be undefined', () => {
    for (const options of [undefined, {}, { maxEntries: 1 }, { maxBytes: undefined, eviction: undefined }]) {
      expect(() => memory(options)).not.toThrow()
    }
    expect(() => memory({ maxEntries: 10, maxBytes: 100, eviction: 'lru' })).not.toThrow()
  })

  it.each([
    ['maxEntries', 0],
    ['maxEntries', -1],
    ['maxEntries', 1.5],
    ['maxEntries', '10'],
    ['maxEntries', Number.NaN],
    ['maxBytes', 0],
    ['maxBytes', Number.POSITIVE_INFINITY],
    ['maxBytes', null],
    ['eviction', 'fifo'],
    ['eviction', true],
  ])('are refused with path and reason: %s %j', (name, value) => {
    const error = refusal({ [name]: value })
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', backend: 'memory' })
    expect(error.message).toContain(`${name}: `)
  })

  it('are refused with the allowed names where one is not known', () => {
    const error = refusal({ maxSize: 10 })
    expect(error.code).toBe('INVALID_OPTIONS')
    expect(error.message).toContain('maxSize: ')
    for (const name of ['maxEntries', 'maxBytes', 'eviction']) expect(error.message).toContain(name)
  })

  it('are told what eviction may be', () => {
    expect(refusal({ eviction: 'fifo' }).message).toMatch(/refuse.*lru/)
  })

  it.each([5, 'text', true])('are an object and not %j', (options) => {
    expect(refusal(options).code).toBe('INVALID_OPTIONS')
  })
})

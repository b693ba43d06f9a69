import { describe, expect, it } from 'vitest'
import { asStateError, conflict, isStateError, notAllApplied, StateError } from '../src/index.ts'

/** The class of another installed copy of this package. */
class OtherCopy extends Error {
  readonly code = 'CONFLICT'
  readonly retryable = true
  constructor(message?: string) {
    super(message)
    Object.defineProperty(this, Symbol.for('switchyard.StateError'), { value: true })
  }
}

describe('isStateError', () => {
  it('knows errors by their code', () => {
    const error = new StateError('FULL', 'no room')
    expect(isStateError(error)).toBe(true)
    expect(isStateError(error, 'FULL')).toBe(true)
    expect(isStateError(error, 'CONFLICT')).toBe(false)
  })

  it('knows the errors of another copy of the package', () => {
    expect(isStateError(new OtherCopy('elsewhere'), 'CONFLICT')).toBe(true)
    expect(isStateError(new OtherCopy('elsewhere'), 'FULL')).toBe(false)
  })

  it.each([
    ['another error', new Error('no')],
    ['an object that looks like one', { code: 'CONFLICT', [Symbol.for('switchyard.StateError')]: true }],
    ['undefined', undefined],
    ['null', null],
    ['text', 'CONFLICT'],
  ])('is false for %s', (_, value) => {
    expect(isStateError(value)).toBe(false)
  })
})

describe('StateError', () => {
  it('keeps the cause and all that is known', () => {
    const cause = new Error('socket closed')
    const error = new StateError('UNAVAILABLE', 'gone', {
      backend: 'redis',
      operation: 'get',
      key: 'a',
      notApplied: ['b'],
      cause,
    })
    expect(error).toMatchObject({ backend: 'redis', operation: 'get', key: 'a', notApplied: ['b'], cause })
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('StateError')
  })

  it('has no empty properties for what is not known', () => {
    expect(Object.keys(new StateError('FULL', 'no room')).toSorted()).toEqual(['code', 'name', 'retryable'])
  })

  it.each(['CONFLICT', 'OVERLOADED', 'TIMEOUT', 'UNAVAILABLE', 'LOCKED'] as const)(
    '%s may be tried again',
    (code) => expect(new StateError(code, 'x').retryable).toBe(true),
  )

  it.each(['OUTCOME_UNKNOWN', 'INVALID_KEY', 'CLOSED', 'CORRUPT', 'FULL', 'BACKEND_ERROR'] as const)(
    '%s is not to be tried again blindly',
    (code) => expect(new StateError(code, 'x').retryable).toBe(false),
  )

  it('lets a backend know better whether to try again', () => {
    expect(new StateError('FULL', 'x', { retryable: true }).retryable).toBe(true)
    expect(new StateError('TIMEOUT', 'x', { retryable: false }).retryable).toBe(false)
  })
})

describe('asStateError', () => {
  const details = { backend: 'main', operation: 'get', key: 'a' }

  it('makes BACKEND_ERROR of anything else, with the original as cause', () => {
    const original = new TypeError('broken')
    const error = asStateError(original, details)
    expect(error).toMatchObject({ code: 'BACKEND_ERROR', ...details, cause: original })
    expect(error.message).toBe("get on backend 'main' failed: broken")
  })

  it('takes thrown values that are no errors', () => {
    expect(asStateError('plain text', {})).toMatchObject({ code: 'BACKEND_ERROR', cause: 'plain text' })
    expect(asStateError(null, {})).toMatchObject({ code: 'BACKEND_ERROR', cause: null })
  })

  it('completes what an error does not say and keeps what it says', () => {
    const cause = new Error('disk')
    const original = new StateError('CORRUPT', 'torn', { backend: 'inner', cause, retryable: true })
    expect(asStateError(original, details)).toMatchObject({
      code: 'CORRUPT',
      message: 'torn',
      backend: 'inner',
      operation: 'get',
      key: 'a',
      retryable: true,
      cause,
    })
  })

  it('keeps the stack of an error that it completes, as cause', () => {
    const original = new StateError('CORRUPT', 'torn')
    expect(asStateError(original, details).cause).toBe(original)
  })

  it('returns a complete error as it is', () => {
    const error = new StateError('FULL', 'no room', details)
    expect(asStateError(error, { backend: 'x', operation: 'y', key: 'z' })).toBe(error)
    expect(asStateError(error, {})).toBe(error)
  })

  it('takes the errors of another copy of the package for what they are', () => {
    expect(asStateError(new OtherCopy('elsewhere'), details)).toMatchObject({ code: 'CONFLICT', ...details })
  })
})

describe('errors of writes', () => {
  it('a conflict names its key', () => {
    expect(conflict('order:1')).toMatchObject({ code: 'CONFLICT', key: 'order:1', retryable: true })
  })

  it('a batch that stopped half way names what was not applied and keeps code and cause', () => {
    const cause = new Error('EIO')
    const error = notAllApplied(new StateError('FULL', 'no room', { cause }), ['b', 'c'])
    expect(error).toMatchObject({ code: 'FULL', notApplied: ['b', 'c'], cause })
    expect(error.message).toContain('2 of')
  })

  it('a batch that stopped for an unknown reason is BACKEND_ERROR with that reason', () => {
    const cause = new Error('EIO')
    expect(notAllApplied(cause, ['a'])).toMatchObject({ code: 'BACKEND_ERROR', cause })
  })
})

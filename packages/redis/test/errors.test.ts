import { describe, expect, test } from 'vitest'
import { redisError } from '../src/errors.ts'

/** As a bundler may call the classes of the client. */
class a extends Error {}

const system = (syscall: string, code: string): Error =>
  Object.assign(new Error(`${syscall} ${code} 127.0.0.1:6379`), { syscall, code })

describe('what an error of the client means for a write', () => {
  test.each([
    ['OOM command not allowed', 'FULL'],
    ['MISCONF Redis is configured to save', 'READ_ONLY'],
    ['READONLY You cannot write', 'UNAVAILABLE'],
    ['WRONGTYPE Operation against a key', 'BACKEND_ERROR'],
    ['ERR unknown command', 'BACKEND_ERROR'],
    ['NOPERM this user', 'FORBIDDEN'],
    ['The client is offline', 'UNAVAILABLE'],
    ['The client is closed', 'UNAVAILABLE'],
    ['All the root nodes are unavailable', 'UNAVAILABLE'],
    ['Connection timeout', 'UNAVAILABLE'],
    ['Socket closed unexpectedly', 'OUTCOME_UNKNOWN'],
    ['Disconnects client', 'OUTCOME_UNKNOWN'],
  ])('of any class: %s', (message, code) => {
    expect(redisError(new a(message), 'write')).toMatchObject({ code })
  })

  test.each([
    ['connect', 'ECONNREFUSED', 'UNAVAILABLE'],
    ['connect', 'ETIMEDOUT', 'UNAVAILABLE'],
    ['connect', 'EHOSTUNREACH', 'UNAVAILABLE'],
    ['getaddrinfo', 'ENOTFOUND', 'UNAVAILABLE'],
    ['read', 'ECONNRESET', 'OUTCOME_UNKNOWN'],
    ['read', 'ETIMEDOUT', 'OUTCOME_UNKNOWN'],
    ['write', 'EPIPE', 'OUTCOME_UNKNOWN'],
  ])('of the system: %s %s', (syscall, code, expected) => {
    expect(redisError(system(syscall, code), 'write')).toMatchObject({ code: expected })
    expect(redisError(system(syscall, code), 'read')).toMatchObject({ code: 'UNAVAILABLE' })
  })

  test('of all addresses of a host', () => {
    const refused = [system('connect', 'ECONNREFUSED'), system('connect', 'ECONNREFUSED')]
    expect(redisError(new AggregateError(refused), 'write')).toMatchObject({ code: 'UNAVAILABLE' })
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkHistory } from '../linearizability/check.ts'
import type { Call, Operation, Outcome } from '../linearizability/history.ts'
import { ABSENT, type RegisterState, step } from '../linearizability/register.ts'

let sequence = 0
const at = (calledAt: number, answeredAt: number, call: Call, outcome: Outcome): Operation => ({
  id: `${++sequence}`,
  call,
  outcome,
  calledAt,
  answeredAt,
})
const ok = (more: Omit<Extract<Outcome, { status: 'ok' }>, 'status'> = {}): Outcome => ({
  status: 'ok',
  ...more,
})
const set = (value: string | number, more: object = {}): Call => ({ op: 'set', value, ...more })
const get: Call = { op: 'get' }
const found = (value: string | number, version: string, expiresAt?: number): Outcome =>
  ok({ entry: { value, version, ...(expiresAt !== undefined && { expiresAt }) } })
const unknown: Outcome = { status: 'unknown' }
const NEVER = Number.POSITIVE_INFINITY

const GOOD: Readonly<Record<string, readonly Operation[]>> = {
  nothing: [],
  'a read after a write': [at(0, 1, set('a'), ok({ version: 'v1' })), at(2, 3, get, found('a', 'v1'))],
  'a read beside a write, which sees it or not': [
    at(0, 10, set('a'), ok({ version: 'v1' })),
    at(1, 2, get, found('a', 'v1')),
    at(0, 2, get, ok()),
  ],
  'two writes at once, in either order': [
    at(0, 10, set('a'), ok({ version: 'v1' })),
    at(0, 10, set('b'), ok({ version: 'v2' })),
    at(11, 12, get, found('a', 'v1')),
  ],
  'a write whose answer never came, seen late': [
    at(0, NEVER, set('a'), unknown),
    at(5, 6, get, ok()),
    at(7, 8, get, found('a', 'v9')),
    at(9, 10, get, found('a', 'v9')),
  ],
  'a write whose answer never came, never seen': [at(0, NEVER, set('a'), unknown), at(5, 6, get, ok())],
  'a check that holds, and one that does not': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, set('b', { ifVersion: 'v1' }), ok({ version: 'v2' })),
    at(4, 5, set('c', { ifVersion: 'v1' }), { status: 'refused' }),
    at(6, 7, set('d', { ifAbsent: true }), { status: 'refused' }),
    at(8, 9, get, found('b', 'v2')),
  ],
  increments: [
    at(0, 10, { op: 'increment', by: 1 }, ok({ value: 2 })),
    at(0, 10, { op: 'increment', by: 1 }, ok({ value: 1 })),
    at(11, 12, get, found(2, 'v')),
  ],
  'a taken value is gone': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, { op: 'take' }, ok({ value: 'a' })),
    at(4, 5, { op: 'take' }, ok()),
    at(6, 7, { op: 'delete' }, ok({ existed: false })),
  ],
  'an entry until it expires, and not after it': [
    at(0, 1, set('a', { ttlMs: 1000 }), ok({ version: 'v1', expiresAt: 1001 })),
    at(990, 991, get, found('a', 'v1', 1001)),
    at(1060, 1061, get, ok()),
    at(1070, 1071, set('b', { ifAbsent: true }), ok({ version: 'v2' })),
  ],
  'a write with a TTL whose answer never came': [
    at(0, NEVER, set('a', { ttlMs: 1000 }), unknown),
    at(10, 11, get, found('a', 'v1', 1005)),
    at(1100, 1101, get, ok()),
  ],
  'a touched entry': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, { op: 'touch', ttlMs: 100 }, ok({ existed: true })),
    at(4, 5, get, found('a', 'v2', 103)),
    at(200, 201, get, ok()),
  ],
  'a failure that was certain': [at(0, 1, set('a'), { status: 'failed' }), at(2, 3, get, ok())],
}

const BAD: Readonly<Record<string, readonly Operation[]>> = {
  'a lost write': [at(0, 1, set('a'), ok({ version: 'v1' })), at(2, 3, get, ok())],
  'a deleted key that is back': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, { op: 'delete' }, ok({ existed: true })),
    at(4, 5, get, found('a', 'v1')),
  ],
  'a stale read': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, set('b'), ok({ version: 'v2' })),
    at(4, 5, get, found('a', 'v1')),
  ],
  'a read that goes back in time': [
    at(0, 10, set('a'), ok({ version: 'v1' })),
    at(1, 2, get, found('a', 'v1')),
    at(3, 4, get, ok()),
  ],
  'a value that nobody wrote': [at(0, 1, get, found('x', 'v1'))],
  'an increment that counts twice': [
    at(0, 1, { op: 'increment', by: 1 }, ok({ value: 1 })),
    at(2, 3, { op: 'increment', by: 1 }, ok({ value: 3 })),
  ],
  'a lost increment': [
    at(0, 1, { op: 'increment', by: 1 }, ok({ value: 1 })),
    at(2, 3, { op: 'increment', by: 1 }, ok({ value: 1 })),
  ],
  'a TTL that was dropped': [
    at(0, 1, set('a', { ttlMs: 1000 }), ok({ version: 'v1', expiresAt: 1001 })),
    at(2, 3, get, found('a', 'v1')),
  ],
  'a TTL that is off by more than the tolerance': [
    at(0, 1, set('a', { ttlMs: 1000 }), ok({ version: 'v1', expiresAt: 1001 })),
    at(2, 3, get, found('a', 'v1', 1052)),
  ],
  'an entry after it has expired': [
    at(0, 1, set('a', { ttlMs: 100 }), ok({ version: 'v1', expiresAt: 101 })),
    at(152, 153, get, found('a', 'v1', 101)),
  ],
  'an entry that is gone before it expires': [
    at(0, 1, set('a', { ttlMs: 100 }), ok({ version: 'v1', expiresAt: 101 })),
    at(40, 50, get, ok()),
  ],
  'another version of the same value': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, get, found('a', 'v2')),
  ],
  'two winners of a check': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 9, set('b', { ifVersion: 'v1' }), ok({ version: 'v2' })),
    at(2, 9, set('c', { ifVersion: 'v1' }), ok({ version: 'v3' })),
  ],
  'two takers of one value': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 9, { op: 'take' }, ok({ value: 'a' })),
    at(2, 9, { op: 'take' }, ok({ value: 'a' })),
  ],
  'a check that was refused though it held': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, set('b', { ifVersion: 'v1' }), { status: 'refused' }),
  ],
  'a delete that says it found nothing': [
    at(0, 1, set('a'), ok({ version: 'v1' })),
    at(2, 3, { op: 'delete' }, ok({ existed: false })),
  ],
  'a write whose answer never came, done twice': [
    at(0, NEVER, set('a'), unknown),
    at(1, 2, get, found('a', 'v1')),
    at(3, 4, { op: 'delete' }, ok({ existed: true })),
    at(5, 6, get, found('a', 'v1')),
  ],
  'a failure that was certain, and done all the same': [
    at(0, 1, set('a'), { status: 'failed' }),
    at(2, 3, get, found('a', 'v1')),
  ],
}

describe('good histories', () => {
  test.each(Object.keys(GOOD))('%s', (name) => {
    expect(checkHistory(GOOD[name] ?? [])).toEqual({ verdict: 'ok' })
  })
})

describe('bad histories', () => {
  test.each(Object.keys(BAD))('%s', (name) => {
    expect(checkHistory(BAD[name] ?? []).verdict).toBe('violation')
  })
})

test('a violation tells how far it is explained, and what could not come next', () => {
  const history = BAD['a stale read'] ?? []
  expect(checkHistory(history)).toEqual({
    verdict: 'violation',
    explained: history.slice(0, 2),
    unexplained: [history[2]],
    state: { value: 'b', version: 'v2', expiry: undefined },
  })
})

test('what takes too long is undecided, never ok', () => {
  const writes = Array.from({ length: 14 }, (_, i) => at(0, 100, set(i), ok({ version: `v${i}` })))
  const history = [...writes, at(101, 102, get, found('x', 'v'))]
  expect(checkHistory(history, { maxConfigurations: 1000 })).toEqual({ verdict: 'undecided' })
  expect(checkHistory(history).verdict).toBe('violation')
})

/** Every order of the operations, without any cleverness. */
function isExplained(left: readonly Operation[], state: RegisterState): boolean {
  if (left.every(({ outcome }) => outcome.status === 'unknown')) return true
  const firstAnswer = Math.min(...left.map(({ answeredAt }) => answeredAt))
  return left.some(
    (one) =>
      one.calledAt <= firstAnswer &&
      step(state, one, { toleranceMs: 50 }).some((after) =>
        isExplained(
          left.filter((other) => other !== one),
          after,
        ),
      ),
  )
}

/** What random clients saw, each operation done at one instant between its call and its answer. */
const history = fc
  .array(
    fc.record({
      calledAt: fc.nat(30),
      before: fc.nat(8),
      after: fc.nat(8),
      op: fc.constantFrom<'get' | 'set' | 'delete' | 'take' | 'increment'>(
        'get',
        'set',
        'delete',
        'take',
        'increment',
      ),
      lost: fc.nat(9),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((plans) => {
    let value: string | number | undefined
    let version = ''
    const operations: Operation[] = []
    const ordered = plans.toSorted((a, b) => a.calledAt + a.before - (b.calledAt + b.before))
    for (const [i, { calledAt, before, after, op, lost }] of ordered.entries()) {
      const record = (call: Call, outcome: Outcome): void => {
        const isLost = lost === 0
        const answeredAt = isLost ? NEVER : calledAt + before + after
        operations.push(at(calledAt, answeredAt, call, isLost ? unknown : outcome))
      }
      if (op === 'get') record(get, value === undefined ? ok() : found(value, version))
      else if (op === 'set') {
        value = i
        version = `v${i}`
        record(set(i), ok({ version }))
      } else if (op === 'delete') {
        record({ op }, ok({ existed: value !== undefined }))
        value = undefined
      } else if (op === 'take') {
        record({ op }, ok(value === undefined ? {} : { value }))
        value = undefined
      } else {
        value = (typeof value === 'number' ? value : 0) + 100
        version = `v${i}`
        record({ op, by: 100 }, ok({ value, version }))
      }
    }
    return operations
  })

test('what happened in some order is always ok', () => {
  fc.assert(
    fc.property(history, (operations) => {
      expect(checkHistory(operations)).toEqual({ verdict: 'ok' })
    }),
    { numRuns: 2000 },
  )
})

test('with an answer changed the verdict is that of trying every order', () => {
  const verdicts = { ok: 0, violation: 0 }
  fc.assert(
    fc.property(history, fc.nat(), fc.nat(4), (operations, place, kind) => {
      const changed = operations.map((operation, i): Operation => {
        if (i !== place % operations.length || operation.outcome.status !== 'ok') return operation
        const outcomes: readonly Outcome[] = [
          ok(),
          found(3, 'v3'),
          ok({ value: 100 }),
          ok({ existed: true }),
          { status: 'failed' },
        ]
        return { ...operation, outcome: outcomes[kind] as Outcome }
      })
      const { verdict } = checkHistory(changed)
      const relevant = changed.filter(({ outcome }) => outcome.status !== 'failed')
      expect(verdict).toBe(isExplained(relevant, ABSENT) ? 'ok' : 'violation')
      if (verdict !== 'undecided') verdicts[verdict]++
    }),
    { numRuns: 2000 },
  )
  expect(Math.min(verdicts.ok, verdicts.violation)).toBeGreaterThan(100)
})

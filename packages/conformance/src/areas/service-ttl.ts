import assert from 'node:assert/strict'
import type { State } from '@switchyard/core'
import { type Area, type Case, either, onState } from '../area.ts'
import { collect } from '../checks/listings.ts'
import { assertRejects } from '../checks/rejections.ts'
import type { TestClock } from '../test-clock.ts'

type Body = (state: State, clock: TestClock, expiresAt: number) => Promise<void>

/** A case with 'key' holding 5 until `expiresAt`. */
function whileLive(title: string, body: Body): Case {
  return onState(title, async (state, { clock }) => {
    const { expiresAt } = await state.set('key', 5, { ttl: clock.ttlMs })
    assert.ok(expiresAt !== undefined, 'set with a TTL tells the expiry')
    await body(state, clock, expiresAt)
  })
}

/** A case with 'key' having held 5 until now. */
function onceExpired(title: string, body: Body): Case {
  return whileLive(title, async (state, clock, expiresAt) => {
    await clock.advance(clock.ttlMs)
    await body(state, clock, expiresAt)
  })
}

async function expiryOf(state: State): Promise<number | undefined> {
  const entry = await state.getEntry('key')
  assert.ok(entry !== undefined, "'key' is live")
  return entry.expiresAt
}

/** Lifetimes through the service. */
export const serviceTtl: Area = ({ exactClock }) => [
  onceExpired('hides an expired entry from get, getEntry and has', async (state) => {
    assert.equal(await state.get('key'), undefined)
    assert.equal(await state.getEntry('key'), undefined)
    assert.equal(await state.has('key'), false)
  }),
  onceExpired('hides an expired entry from getMany, keys and entries', async (state) => {
    assert.deepEqual(await state.getMany(['key']), [undefined])
    assert.deepEqual(await state.getManyEntries(['key']), [undefined])
    assert.deepEqual(await collect(state.keys()), [])
    assert.deepEqual(await collect(state.entries()), [])
    assert.deepEqual(await state.keys().page(), { items: [] })
  }),
  onceExpired('lets ifAbsent create over an expired entry', async (state) => {
    await state.set('key', 6, { ifAbsent: true })
    assert.equal(await state.get('key'), 6)
    assert.equal(await expiryOf(state), undefined)
  }),
  onceExpired('neither deletes nor takes an expired entry', async (state) => {
    assert.equal(await state.take('key'), undefined)
    assert.equal(await state.deleteMany(['key']), 0)
    assert.equal(await state.delete('key'), false)
    assert.equal(await state.clear(), 0)
  }),
  onceExpired('neither touches nor persists an expired entry', async (state) => {
    assert.equal(await state.touch('key', '1h'), false)
    assert.equal(await state.persist('key'), false)
    assert.equal(await state.has('key'), false)
  }),
  onceExpired('gives update() nothing of an expired entry', async (state) => {
    assert.equal(await state.update<number>('key', (found) => (found === undefined ? 1 : 2)), 1)
    assert.equal(await expiryOf(state), undefined)
  }),
  onceExpired('does not keep the TTL of an expired entry', async (state) => {
    await state.set('key', 6, { keepTtl: true })
    assert.equal(await expiryOf(state), undefined)
    assert.equal(await state.increment('key'), 7)
  }),
  whileLive('clears the TTL by set() without one', async (state, clock) => {
    await state.set('key', 6)
    assert.equal(await expiryOf(state), undefined)
    await clock.advance(clock.ttlMs)
    assert.equal(await state.get('key'), 6)
  }),
  whileLive('keeps the instant by keepTtl', async (state, clock, expiresAt) => {
    await clock.advance(clock.ttlMs / 4)
    assert.equal((await state.set('key', 6, { keepTtl: true })).expiresAt, expiresAt)
    assert.equal(await expiryOf(state), expiresAt)
    await clock.advance(clock.ttlMs)
    assert.equal(await state.has('key'), false)
  }),
  onState('keeps by keepTtl that there is no TTL', async (state) => {
    await state.set('key', 5)
    await state.set('key', 6, { keepTtl: true })
    assert.equal(await expiryOf(state), undefined)
    await state.set('new', 1, { keepTtl: true })
    assert.deepEqual(await state.getMany(['key', 'new']), [6, 1])
  }),
  whileLive('sets a new TTL by touch(), and leaves the value', async (state, clock, expiresAt) => {
    assert.equal(await state.touch('key', clock.ttlMs * 1000), true)
    assert.ok(((await expiryOf(state)) ?? 0) > expiresAt)
    await clock.advance(clock.ttlMs)
    assert.equal(await state.get('key'), 5)
    assert.equal(await state.touch('none', 1000), false)
  }),
  whileLive('takes the TTL off by persist(), and leaves the value', async (state, clock) => {
    assert.equal(await state.persist('key'), true)
    assert.equal(await state.persist('key'), true)
    assert.equal(await state.persist('none'), false)
    assert.equal(await expiryOf(state), undefined)
    await clock.advance(clock.ttlMs)
    assert.equal(await state.get('key'), 5)
  }),
  whileLive('keeps the TTL by increment() and update()', async (state, clock, expiresAt) => {
    await clock.advance(clock.ttlMs / 4)
    assert.equal(await state.increment('key', 2, { ttl: '10d' }), 7)
    assert.equal(await expiryOf(state), expiresAt)
    assert.equal(await state.update<number>('key', (n = 0) => n + 1), 8)
    assert.equal(await expiryOf(state), expiresAt)
    await clock.advance(clock.ttlMs)
    assert.equal(await state.has('key'), false)
  }),
  whileLive('takes a new TTL by update()', async (state, clock, expiresAt) => {
    await state.update<number>('key', (n = 0) => n + 1, { ttl: clock.ttlMs * 1000 })
    assert.ok(((await expiryOf(state)) ?? 0) > expiresAt)
  }),
  onState('gives a key that increment() creates its TTL', async (state, { clock }) => {
    assert.equal(await state.increment('key', 1, { ttl: clock.ttlMs }), 1)
    assert.ok((await expiryOf(state)) !== undefined)
    await clock.advance(clock.ttlMs)
    assert.equal(await state.increment('key'), 1)
    assert.equal(await expiryOf(state), undefined)
  }),
  onState('takes a TTL for each entry of setMany()', async (state, { clock }) => {
    await state.setMany([
      { key: 'a', value: 1, ttl: clock.ttlMs },
      { key: 'b', value: 2 },
      { key: 'c', value: 3, ttl: '7d' },
    ])
    await clock.advance(clock.ttlMs)
    assert.deepEqual(await state.getMany(['a', 'b', 'c']), [undefined, 2, 3])
  }),
  ...either(exactClock, [
    onState('reads TTLs in units', async (state, { clock }) => {
      const now = clock.now()
      const expected = [
        ['1500ms', 1500],
        ['30s', 30_000],
        ['5m', 300_000],
        ['1h', 3_600_000],
        ['7d', 604_800_000],
        ['2w', 1_209_600_000],
        ['1.5h', 5_400_000],
        [0.5, 1],
        [250, 250],
      ] as const
      for (const [ttl, ms] of expected) {
        assert.equal((await state.set('key', 1, { ttl })).expiresAt, now + ms, String(ttl))
        assert.equal(await expiryOf(state), now + ms, String(ttl))
      }
    }),
    onState('applies the TTL of a namespace to what gives none', async (state, { clock }) => {
      const sessions = state.namespace<number>('sessions', { ttl: 1000 })
      await sessions.set('a', 1)
      await sessions.set('b', 1, { ttl: 5000 })
      await sessions.increment('c')
      await sessions.setMany([{ key: 'd', value: 1 }])
      await clock.advance(1000)
      assert.deepEqual(await collect(sessions.keys()), ['b'])
    }),
  ]),
  ...[0, -1, Number.NaN, Number.POSITIVE_INFINITY, '', '5', 'abc', '-5m', '5y', '1h30m', null, 1e300].map(
    (ttl) =>
      onState(`refuses as a TTL: ${typeof ttl === 'string' ? `'${ttl}'` : ttl}`, async (state) => {
        const invalid = { ttl: ttl as number }
        await state.set('key', 1)
        await assertRejects(state.set('key', 2, invalid), 'INVALID_TTL', 'set')
        await assertRejects(state.touch('key', invalid.ttl), 'INVALID_TTL', 'touch')
        await assertRejects(state.increment('key', 1, invalid), 'INVALID_TTL', 'increment')
        await assertRejects(
          state.update('key', () => 2, invalid),
          'INVALID_TTL',
          'update',
        )
        await assertRejects(state.setMany([{ key: 'key', value: 2, ...invalid }]), 'INVALID_TTL', 'setMany')
        assert.equal(await state.get('key'), 1)
        assert.equal(await expiryOf(state), undefined)
      }),
  ),
]

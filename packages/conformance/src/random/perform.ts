import assert from 'node:assert/strict'
import type { State, TransactionOperation } from '@switchyard/core'
import { assertSameKeys, collect } from '../checks/listings.ts'
import { assertConflict, assertRejects } from '../checks/rejections.ts'
import type { TestClock } from '../test-clock.ts'
import type { Command, Expected } from './command.ts'
import type { Model } from './model.ts'

export interface Performance {
  readonly model: Model
  readonly clock: TestClock
  readonly unitMs: number
  readonly state: () => State
  readonly reopen: () => Promise<void>
}

/** Runs the command, and fails unless the state answers as the model does. */
export async function perform(command: Command, performance: Performance): Promise<void> {
  const { model, clock, unitMs } = performance
  const state = performance.state()
  const ttlOf = (ttl: number | undefined): { ttl?: number } =>
    ttl === undefined ? {} : { ttl: ttl * unitMs }
  const versionOf = async (key: string, expected: Expected | undefined): Promise<string> =>
    (expected === 'current' ? (await state.getEntry(key))?.version : undefined) ?? 'stale'

  switch (command.run) {
    case 'set': {
      const { key, value, if: expected } = command
      const condition =
        expected === undefined
          ? {}
          : expected === 'absent'
            ? { ifAbsent: true }
            : { ifVersion: await versionOf(key, expected) }
      const write = state.set(key, value, { ...ttlOf(command.ttl), ...condition })
      if (expected !== undefined && !model.holds(key, expected)) return assertConflict(write, key)
      const { version } = await write
      return model.put(key, { value, version, expiresAt: model.expiry(command.ttl) })
    }
    case 'setKeepingTtl': {
      const { key, value } = command
      const { version } = await state.set(key, value, { keepTtl: true })
      return model.put(key, { value, version, expiresAt: model.live(key)?.expiresAt })
    }
    case 'delete': {
      const { key, if: expected } = command
      const deletion = state.delete(
        key,
        expected === undefined ? {} : { ifVersion: await versionOf(key, expected) },
      )
      if (expected !== undefined && !model.holds(key, expected)) return assertConflict(deletion, key)
      return assert.equal(await deletion, model.remove(key), 'deleted')
    }
    case 'read': {
      assert.deepEqual(
        await state.getMany(command.keys),
        command.keys.map((key) => model.live(key)?.value),
      )
      for (const key of command.keys) {
        assert.deepEqual(await state.get(key), model.live(key)?.value, key)
        assert.equal(await state.has(key), model.live(key) !== undefined, key)
      }
      return
    }
    case 'touch': {
      const found = model.live(command.key)
      assert.equal(await state.touch(command.key, command.ttl * unitMs), found !== undefined)
      if (found !== undefined)
        model.put(command.key, { ...found, version: undefined, expiresAt: model.expiry(command.ttl) })
      return
    }
    case 'persist': {
      const found = model.live(command.key)
      assert.equal(await state.persist(command.key), found !== undefined)
      if (found?.expiresAt !== undefined) {
        model.put(command.key, { ...found, version: undefined, expiresAt: undefined })
      }
      return
    }
    case 'take':
      assert.deepEqual(await state.take(command.key), model.live(command.key)?.value)
      return void model.remove(command.key)
    case 'update': {
      const { key, to } = command
      const found = model.live(key)
      const seen = (current: unknown): unknown => {
        assert.deepEqual(current, found?.value)
        return to
      }
      assert.deepEqual(await state.update(key, seen, ttlOf(command.ttl)), to)
      if (to === undefined) return void model.remove(key)
      const expiresAt =
        found !== undefined && command.ttl === undefined ? found.expiresAt : model.expiry(command.ttl)
      return model.put(key, { value: to, version: undefined, expiresAt })
    }
    case 'increment': {
      const { key, by, ttl } = command
      const sum = state.increment(key, by, ttlOf(ttl))
      const expected = model.apply([{ op: 'increment', key, by, ...(ttl === undefined ? {} : { ttl }) }])
      if (expected === undefined) return void (await assertRejects(sum, 'INVALID_VALUE'))
      return assert.equal(await sum, expected[0])
    }
    case 'setMany':
      await state.setMany(command.entries.map(({ key, value, ttl }) => ({ key, value, ...ttlOf(ttl) })))
      return void model.apply(command.entries.map((entry) => ({ op: 'set', ...entry })))
    case 'deleteMany': {
      const deleted = model.apply(command.keys.map((key) => ({ op: 'delete', key })))
      return assert.equal(await state.deleteMany(command.keys), deleted?.filter((one) => one === true).length)
    }
    case 'transaction': {
      const checks = await Promise.all(
        command.checks.map(async ({ key, if: expected }) => ({
          key,
          version: expected === 'absent' ? null : await versionOf(key, expected),
        })),
      )
      const operations = command.operations.map(
        (one): TransactionOperation =>
          one.op === 'delete' ? one : ({ ...one, ...ttlOf(one.ttl) } as TransactionOperation),
      )
      const done = state.transaction({ checks, operations })
      const failing = command.checks.find(({ key, if: expected }) => !model.holds(key, expected))
      if (failing !== undefined) return assertConflict(done, failing.key)
      const expected = model.apply(command.operations)
      if (expected === undefined) return void (await assertRejects(done, 'INVALID_VALUE'))
      const { results } = await done
      const answers = results.map((one) =>
        one.op === 'delete' ? one.deleted : one.op === 'increment' ? one.value : true,
      )
      return assert.deepEqual(answers, expected)
    }
    case 'list': {
      const { prefix, limit } = command
      const expected = model.keys(prefix)
      assertSameKeys(await collect(state.keys({ prefix })), expected)
      const page = await state.keys({ prefix, limit }).page()
      return assert.deepEqual(page, {
        items: expected.slice(0, limit),
        ...(expected.length > limit ? { cursor: expected[limit - 1] } : {}),
      })
    }
    case 'clear': {
      const keys = model.keys(command.prefix)
      assert.equal(await state.clear({ prefix: command.prefix }), keys.length)
      return keys.forEach((key) => void model.remove(key))
    }
    case 'advance':
      return clock.advance(command.units * unitMs)
    case 'cleanup':
      return void (await state.cleanup())
    case 'reopen':
      return performance.reopen()
  }
}

/**
 * Everything in the state is as in the model: values, expiries, and versions as far as they were told.
 *
 * @param toleranceMs by which expiries may differ, for clocks that do not stand still
 */
export async function assertSameState(state: State, model: Model, toleranceMs: number): Promise<void> {
  const entries = await collect(state.entries())
  assertSameKeys(
    entries.map(({ key }) => key),
    model.keys(),
    'the keys in the end',
  )
  for (const { key, value, version, expiresAt } of entries) {
    const expected = model.live(key)
    assert.deepEqual(value, expected?.value, `the value of '${key}' in the end`)
    const drift = Math.abs((expiresAt ?? 0) - (expected?.expiresAt ?? 0))
    assert.ok(
      drift <= toleranceMs,
      `the expiry of '${key}' in the end: ${expiresAt}, not ${expected?.expiresAt}`,
    )
    if (expected?.version !== undefined)
      assert.equal(version, expected.version, `the version of '${key}' in the end`)
  }
  assert.equal((await state.stats()).keys, entries.length, 'stats().keys in the end')
}

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type AnyStore,
  type Backend,
  createState,
  type State,
  StateError,
  type SwitchRecord,
  systemClock,
} from '../src/index.ts'
import { backendOf, codeOf, failureOf, mapStore } from './test-state.ts'

let folder: string
let state: State
let closed: string[]

/** A store that outlives its state. */
function durable(name: string, methods: Partial<AnyStore> = {}): Backend {
  const close = async (): Promise<void> => void closed.push(name)
  return backendOf({ ...mapStore(systemClock), ...methods, close }, { durable: true })
}

async function open(backends: Readonly<Record<string, Backend>>): Promise<void> {
  state = await createState({
    backends,
    active: 'a',
    journal: join(folder, 'journal'),
    cleanupInterval: false,
  })
  await state.set('key', 1)
}

async function switchTo(name: string) {
  const run = await state.switchTo(name)
  await run.done
  return run
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'switchyard-'))
  closed = []
})

afterEach(async () => {
  await state.close()
  await rm(folder, { recursive: true })
})

test('a backend that was registered later can be switched to, and the one before it removed', async () => {
  await open({ a: durable('a') })
  state.backends.register('b', durable('b'))
  const run = await switchTo('b')
  expect(await failureOf(() => state.backends.unregister('a'))).toMatchObject({
    code: 'BACKEND_IN_USE',
    backend: 'a',
    message: "Backend 'a' can be rolled back to until the switch is completed and cannot be removed",
  })
  expect(closed).toEqual([])
  await run.complete()
  await state.backends.unregister('a')
  expect(closed).toEqual(['a'])
  expect(state.backends.list().map(({ name }) => name)).toEqual(['b'])
  expect(await state.get('key')).toBe(1)
  expect(await codeOf(() => state.switchTo('a'))).toBe('UNKNOWN_BACKEND')
})

test('what an old copy was held under is forgotten with the backend, also over a restart', async () => {
  await open({ a: durable('a'), b: durable('b') })
  await (await switchTo('b')).complete()
  await state.backends.unregister('a')
  const other = mapStore(systemClock)
  await other.set('theirs', { value: new Uint8Array([49]), version: 'v' })
  state.backends.register('a', durable('a', other))
  expect(await codeOf(() => state.switchTo('a'))).toBe('CONFLICT')
  expect(await other.get('theirs')).toBeDefined()
  expect(JSON.parse(await readFile(join(folder, 'journal'), 'utf8'))).toMatchObject({ leftovers: [] })
})

test('a backend stays where it cannot be recorded that it is gone', async () => {
  let fails = false
  let record: SwitchRecord | undefined
  state = await createState({
    backends: { a: durable('a'), b: durable('b') },
    active: 'a',
    cleanupInterval: false,
    journal: {
      read: async () => record,
      async write(next) {
        if (fails) throw new StateError('FULL', 'the disk is full')
        record = next
      },
    },
  })
  await (await switchTo('b')).complete()
  fails = true
  expect(await codeOf(() => state.backends.unregister('a'))).toBe('FULL')
  fails = false
  expect(state.backends.list().map(({ name }) => name)).toEqual(['a', 'b'])
  await state.backends.unregister('a')
  expect(record).toMatchObject({ leftovers: [] })
})

describe('a backend that cannot be removed', () => {
  test('is the target of a switch, from its beginning to its end, however that comes', async () => {
    const copying = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    const target = mapStore(systemClock)
    await open({
      a: durable('a'),
      b: durable('b', {
        async write(batch) {
          copying.resolve()
          await gate.promise
          return target.write(batch)
        },
      }),
    })
    const starting = state.switchTo('b')
    expect(await codeOf(() => state.backends.unregister('b'))).toBe('BACKEND_IN_USE')
    const run = await starting
    await copying.promise
    expect(await codeOf(() => state.backends.unregister('b'))).toBe('BACKEND_IN_USE')
    expect(await codeOf(() => state.backends.unregister('a'))).toBe('BACKEND_IN_USE')
    const aborting = run.abort()
    gate.resolve()
    await aborting
    await state.backends.unregister('b')
    expect(closed).toEqual(['b'])
  })

  test('is free again when the switch is refused', async () => {
    const full = mapStore(systemClock)
    await full.set('other', { value: new Uint8Array(1), version: 'v' })
    await open({ a: durable('a'), b: durable('b', full) })
    expect(await codeOf(() => state.switchTo('b'))).toBe('CONFLICT')
    await state.backends.unregister('b')
  })

  test('is the one before a rollback, which itself serves again', async () => {
    await open({ a: durable('a'), b: durable('b') })
    const back = await (await switchTo('b')).rollback()
    await back.done
    expect(await codeOf(() => state.backends.unregister('a'))).toBe('BACKEND_IN_USE')
    expect(await codeOf(() => state.backends.unregister('b'))).toBe('BACKEND_IN_USE')
    await back.complete()
    await state.backends.unregister('b')
  })

  test('is not one that a later switch has left behind', async () => {
    await open({ a: durable('a'), b: durable('b'), c: durable('c') })
    await switchTo('b')
    await switchTo('c')
    await state.backends.unregister('a')
    expect(await codeOf(() => state.backends.unregister('b'))).toBe('BACKEND_IN_USE')
  })

  test('can be rolled back to also after a later switch was given up', async () => {
    await open({
      a: durable('a'),
      b: durable('b'),
      c: durable('c', { write: () => Promise.reject(new Error('disk')) }),
    })
    const run = await switchTo('b')
    expect(await codeOf(() => switchTo('c'))).toBe('BACKEND_ERROR')
    expect(await codeOf(() => state.backends.unregister('a'))).toBe('BACKEND_IN_USE')
    await state.backends.unregister('c')
    await state.set('key', 2)
    await (await run.rollback()).done
    expect([state.backends.active, await state.get('key')]).toEqual(['a', 2])
  })
})

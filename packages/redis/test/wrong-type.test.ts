import { createState, type State } from '@switchyard/core'
import { command, type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type RedisOptions, redis } from '../src/index.ts'

let server: RedisServer
const ask = (...args: readonly string[]): Promise<string> => command(server.port, args)

async function opened(options: RedisOptions): Promise<State> {
  const backends = { redis: redis({ url: server.url, ...options }) }
  const state = await createState({ backends, cleanupInterval: false })
  onTestFinished(() => state.close())
  return state
}

const CORRUPT = {
  status: 'rejected',
  reason: { code: 'CORRUPT', message: expect.stringContaining("'hash'") },
}
const OK = { status: 'fulfilled' }

describe('a name under which another program keeps no string', () => {
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server.stop())

  test.for(['striped', 'plain'] as const)('fails alone what has to read it, %s', async (layout) => {
    const state = await opened({ layout, prefix: layout })
    await state.set('hash', 1)
    const names = (await ask('KEYS', `${layout}*hash`)).split('\n')
    await ask('UNLINK', ...names)
    await ask('HSET', names[0] as string, 'field', 'value')
    expect(
      await Promise.allSettled([
        state.set('x', 1),
        state.increment('hash'),
        state.set('hash', 1, { ifAbsent: true }),
        state.transaction({
          operations: [
            { op: 'set', key: 'not written', value: 1 },
            { op: 'increment', key: 'hash', by: 1 },
          ],
        }),
        state.increment('count'),
        state.set('y', 2),
      ]),
    ).toMatchObject([OK, CORRUPT, CORRUPT, CORRUPT, OK, OK])
    expect(await state.getMany(['x', 'not written', 'count', 'y'])).toEqual([1, undefined, 1, 2])
    expect(await ask('HGET', names[0] as string, 'field')).toBe('value')
  })

  test('fails alone when it is read, where MGET does not hide it', async () => {
    const state = await opened({ layout: 'plain', prefix: 'read:' })
    await state.set('good', 1)
    await ask('HSET', 'read:hash', 'field', 'value')
    await ask('UNLINK', 'read:good\0switchyard')
    await ask('HSET', 'read:good\0switchyard', 'field', 'value')
    expect(await Promise.allSettled([state.get('good'), state.get('hash'), state.get('none')])).toMatchObject(
      [{ value: 1 }, CORRUPT, { value: undefined }],
    )
  })

  test('is replaced by a write and removed by a deletion', async () => {
    const state = await opened({ layout: 'plain', prefix: 'replace:' })
    await ask('HSET', 'replace:a', 'field', 'value')
    await ask('HSET', 'replace:b', 'field', 'value')
    await state.set('a', 1)
    expect(await state.get('a')).toBe(1)
    expect(await state.delete('b')).toBe(true)
    expect(await ask('EXISTS', 'replace:b')).toBe('0')
  })
})

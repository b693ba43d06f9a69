import { expect, test } from 'vitest'
import { type RedisOptions, redis } from '../src/index.ts'

test.each([
  [{}, 'give one of'],
  [{ url: 'redis://x', cluster: { rootNodes: [{ url: 'redis://x' }] } }, 'give one of'],
  [{ url: 'http://x' }, 'url: not a URL'],
  [{ url: 'redis://x', prefix: 'a{b' }, 'prefix'],
  [{ cluster: { rootNodes: [] } }, 'cluster.rootNodes'],
  [{ cluster: { rootNodes: [{}] }, layout: 'plain' }, "'plain' needs"],
  [{ url: 'redis://x', colour: 1 }, 'colour'],
  [{ client: {} }, 'client'],
])('the options %j are refused', (options, reason) => {
  expect(() => redis(options as RedisOptions)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTIONS', message: expect.stringContaining(reason) }),
  )
})

import KeyvRedis from '@keyv/redis'
import { startRedis } from '@switchyard/services'
import { Keyv as Keyv5 } from 'keyv-5'
import { afterAll, onTestFinished } from 'vitest'
import { type AnyKeyv, readsWhatWasWritten } from './written-by-keyv.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

readsWhatWasWritten({
  name: 'Keyv 5 with @keyv/redis, which puts its namespace before the keys twice',
  open() {
    const namespace = `app-${Math.random()}`
    const store = new KeyvRedis(redis.url)
    const instance = new Keyv5({ store, namespace })
    onTestFinished(() => instance.disconnect())
    const options = { store: () => new KeyvRedis(redis.url, { namespace }), keyPrefix: `${namespace}:` }
    return { keyv: instance as AnyKeyv, options }
  },
})

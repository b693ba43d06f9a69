import { type Backend, definePlugin, defineStore, StateError } from '@switchyard/core'
import * as v from 'valibot'

function fail(): never {
  throw new StateError('UNAVAILABLE', 'It is out of reach')
}

/** Opens, and then fails whatever it is asked for. */
export function unreachableBackend(): Backend {
  const plugin = definePlugin({
    name: 'unreachable',
    capabilities: {
      ttl: 'lazy',
      atomicity: 'process',
      transactions: false,
      durable: false,
      shared: false,
      ordered: false,
      watch: false,
      optimize: false,
      maxKeyBytes: 1024,
      maxValueBytes: 1000,
    },
    optionsSchema: v.object({}),
    open: async (_options, { clock }) =>
      defineStore({ get: fail, set: fail, delete: fail, list: fail, close() {} }, { clock }),
  })
  return plugin({})
}

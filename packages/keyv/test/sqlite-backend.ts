import { join } from 'node:path'
import KeyvSqlite from '@keyv/sqlite'
import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { keyv } from '../src/index.ts'

export const create = ({ folder }: Place): Backend =>
  keyv({
    store: () =>
      new KeyvSqlite({
        uri: `sqlite://${join(folder, 'keyv.sqlite')}`,
        wal: true,
        busyTimeout: 10_000,
        iterationLimit: 1000,
      }),
    durable: true,
    shared: true,
  })

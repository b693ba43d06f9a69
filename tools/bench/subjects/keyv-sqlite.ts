import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { KeyvSqlite } from '@keyv/sqlite'
import { Keyv } from 'keyv'
import type { Subject } from './subject.ts'

type Synchronous = 'NORMAL' | 'FULL'

/** Rows that its iterator reads at a time. Its default of 10, with OFFSET in version 4, takes minutes for 100,000. */
const PAGE = 1000

interface KeyvLike {
  get(key: string): Promise<unknown>
  getMany(keys: string[]): Promise<unknown>
  set(key: string, value: object): Promise<unknown>
  setMany(items: { key: string; value: object }[]): Promise<unknown>
  iterator?: unknown
  disconnect(): Promise<unknown>
}

/** The beta takes node:sqlite by itself. */
export async function keyvSqlite6(path: string, synchronous: Synchronous): Promise<Subject> {
  const store = new KeyvSqlite({ uri: `sqlite://${path}`, wal: true, iterationLimit: PAGE })
  await store.query(`PRAGMA synchronous = ${synchronous}`)
  return subject(new Keyv({ store }))
}

/** Its addon must be compiled, so it is measured only where a folder has it: `npm install keyv@5 @keyv/sqlite@4`. */
export async function keyvSqlite4(path: string, synchronous: Synchronous, folder: string): Promise<Subject> {
  const from = createRequire(join(folder, 'package.json'))
  const load = (name: string): Promise<unknown> => import(pathToFileURL(from.resolve(name)).href)
  const { KeyvSqlite: Store } = (await load('@keyv/sqlite')) as { KeyvSqlite: typeof KeyvSqlite }
  const { Keyv: Keyv5 } = (await load('keyv')) as { Keyv: new (options: object) => KeyvLike }
  const store = new Store({ uri: `sqlite://${path}`, iterationLimit: PAGE })
  // It has no option for it.
  await store.query('PRAGMA journal_mode = WAL')
  await store.query(`PRAGMA synchronous = ${synchronous}`)
  return subject(new Keyv5({ store }))
}

function subject(keyv: KeyvLike): Subject {
  async function count(prefix: string): Promise<number> {
    let found = 0
    // Typed as absent where a store has no iterator; both versions of this one have it.
    const iterate = keyv.iterator as (namespace?: string) => AsyncIterable<[string, unknown]>
    for await (const [key] of iterate.call(keyv, undefined)) if (key.startsWith(prefix)) found++
    return found
  }
  return {
    get: (key) => keyv.get(key),
    set: (key, value) => keyv.set(key, value),
    getMany: (keys) => keyv.getMany(keys),
    setMany: (items) => keyv.setMany(items),
    scan: () => count(''),
    // It has no listing by prefix.
    list: count,
    close: () => keyv.disconnect(),
  }
}

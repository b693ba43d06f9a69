import { createDatabase } from 'db0'
import nodeSqlite from 'db0/connectors/node-sqlite'
import { createStorage } from 'unstorage'
import db0Driver from 'unstorage/drivers/db0'
import type { Subject } from './subject.ts'

const PAGE = 1000

export async function unstorageDb0(path: string): Promise<Subject> {
  const database = createDatabase(nodeSqlite({ path }))
  await database.exec('PRAGMA journal_mode = WAL')
  await database.exec('PRAGMA synchronous = NORMAL')
  const storage = createStorage({ driver: db0Driver({ database }) })
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    getMany: (keys) => storage.getItems(keys),
    setMany: (items) => storage.setItems([...items]),
    async scan() {
      const keys = await storage.getKeys()
      let count = 0
      for (let i = 0; i < keys.length; i += PAGE) {
        count += (await storage.getItems(keys.slice(i, i + PAGE))).length
      }
      return count
    },
    // It lists what is below a ':' and nothing narrower.
    async list(prefix) {
      const keys = await storage.getKeys(prefix.slice(0, prefix.lastIndexOf(':')))
      return keys.filter((key) => key.startsWith(prefix)).length
    },
    close: () => storage.dispose(),
  }
}

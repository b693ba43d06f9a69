import { join } from 'node:path'
import { createState } from '@switchyard/core'
import { file } from '@switchyard/file'
import { sqlite } from '@switchyard/sqlite'
import { Keyv } from 'keyv-5'
import { KeyvFile } from 'keyv-file'
import { createStorage } from 'unstorage'
import fsDriver from 'unstorage/drivers/fs'
import { FILE } from '../names.ts'
import { rawSqlite } from './raw-sqlite.ts'
import type { Subject, Subjects } from './subject.ts'
import { switchyard } from './switchyard.ts'

export async function fileSubjects(folder: string): Promise<Subjects> {
  const log = async (durability: 'group' | 'none'): Promise<Subject> =>
    switchyard(
      await createState({ backends: { file: file({ path: join(folder, durability), durability }) } }),
    )
  const full = sqlite({ path: join(folder, 'full.db'), durability: 'full' })
  return new Map<string, Subject>([
    [FILE.group, await log('group')],
    [FILE.none, await log('none')],
    [FILE.sqliteFull, switchyard(await createState({ backends: { sqlite: full } }))],
    [FILE.rawGroup, await rawSqlite(join(folder, 'raw.db'), { synchronous: 'FULL', groupCommit: true })],
    [FILE.unstorage, unstorageFs(join(folder, 'fs'))],
    [FILE.keyvFile, keyvFile(join(folder, 'keyv.json'))],
  ])
}

function unstorageFs(base: string): Subject {
  const storage = createStorage({ driver: fsDriver({ base }) })
  return {
    get: (key) => storage.getItem(key),
    set: (key, value) => storage.setItem(key, value),
    close: () => storage.dispose(),
  }
}

/** All in one file, which it writes anew some time after a set: by itself 100 ms. A set is over when it is written. */
function keyvFile(filename: string): Subject {
  const keyv = new Keyv({ store: new KeyvFile({ filename }) })
  return {
    get: (key) => keyv.get(key),
    set: (key, value) => keyv.set(key, value),
    setMany: (items) => keyv.setMany(items),
    close: () => keyv.disconnect(),
  }
}

import { join } from 'node:path'
import { createState } from '@switchyard/core'
import { sqlite } from '@switchyard/sqlite'
import { DURABLE, SQLITE } from '../names.ts'
import { keyvSqlite4, keyvSqlite6 } from './keyv-sqlite.ts'
import { rawSqlite } from './raw-sqlite.ts'
import type { Subject, Subjects } from './subject.ts'
import { switchyard } from './switchyard.ts'
import { unstorageDb0 } from './unstorage-db0.ts'

/** All with `synchronous = NORMAL`. */
export async function sqliteSubjects(folder: string, keyv4: string | undefined): Promise<Subjects> {
  const subjects = new Map<string, Subject>([
    [SQLITE.raw, await rawSqlite(join(folder, 'raw.db'), { synchronous: 'NORMAL' })],
    [SQLITE.ours, await ours(join(folder, 'switchyard.db'), 'normal')],
    [SQLITE.keyv6, await keyvSqlite6(join(folder, 'keyv6.db'), 'NORMAL')],
    [SQLITE.db0, await unstorageDb0(join(folder, 'db0.db'))],
  ])
  if (keyv4 !== undefined)
    subjects.set(SQLITE.keyv4, await keyvSqlite4(join(folder, 'keyv4.db'), 'NORMAL', keyv4))
  return subjects
}

/** Those whose writes are on the disk before they are acknowledged: `synchronous = FULL`. */
export async function durableSubjects(folder: string): Promise<Subjects> {
  return new Map<string, Subject>([
    [DURABLE.each, await rawSqlite(join(folder, 'raw-full.db'), { synchronous: 'FULL' })],
    [
      DURABLE.group,
      await rawSqlite(join(folder, 'raw-group.db'), { synchronous: 'FULL', groupCommit: true }),
    ],
    [DURABLE.ours, await ours(join(folder, 'switchyard-full.db'), 'full')],
    [DURABLE.keyv6, await keyvSqlite6(join(folder, 'keyv6-full.db'), 'FULL')],
  ])
}

async function ours(path: string, durability: 'normal' | 'full'): Promise<Subject> {
  return switchyard(await createState({ backends: { sqlite: sqlite({ path, durability }) } }))
}

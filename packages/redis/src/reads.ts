import type { Entry } from '@switchyard/core'
import { createBatcher } from './batcher.ts'
import type { Connection } from './connection.ts'
import type { Layout } from './layout.ts'
import { readRecord } from './record.ts'
import { runScript } from './run-script.ts'
import type { Script } from './scripts.ts'

/** Keys in one command; more are sent in several. */
const MAX_KEYS = 1000

export interface Reads {
  /** Gets of one turn go out together. */
  get(key: string): Promise<Entry | undefined>
  getMany(keys: readonly string[]): Promise<(Entry | undefined)[]>
}

interface Read {
  readonly key: string
  readonly resolve: (entry: Entry | undefined) => void
  readonly reject: (error: unknown) => void
}

/** @param script what makes records where a string is not one; where it is, MGET reads them */
export function createReads(connection: Connection, layout: Layout, script: Script | undefined): Reads {
  const batcher = createBatcher<Read>((reads) => {
    // A node of a cluster that is down must not fail what the others answer.
    const groups = connection.isCluster
      ? Map.groupBy(reads, ({ key }) => layout.stripeOf(key)).values()
      : [reads]
    return Promise.all(Array.from(groups, answer))
  })

  async function fetch(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    const names = keys.map(layout.nameOf)
    const options = { kind: 'read', asBytes: true } as const
    const reply =
      script === undefined
        ? await connection.send(names[0] as string, ['MGET', ...names], options)
        : await runScript(connection, script, names, [], options)
    return reply as readonly (Buffer | null)[]
  }

  /** The records of the keys, fetched by as few commands as the slots and the limit allow. */
  async function fetchAll(keys: readonly string[]): Promise<readonly (Buffer | null)[]> {
    if (!connection.isCluster && keys.length <= MAX_KEYS) return fetch(keys)
    const groups = new Map<number, number[]>()
    keys.forEach((key, index) => {
      const group = connection.isCluster ? (layout.stripeOf(key) as number) : Math.floor(index / MAX_KEYS)
      const indexes = groups.get(group)
      if (indexes === undefined) groups.set(group, [index])
      else indexes.push(index)
    })
    const records = new Array<Buffer | null>(keys.length).fill(null)
    await Promise.all(
      [...groups.values()].map(async (indexes) => {
        const fetched = await fetch(indexes.map((index) => keys[index] as string))
        indexes.forEach((index, at) => {
          records[index] = fetched[at] as Buffer | null
        })
      }),
    )
    return records
  }

  async function answer(reads: readonly Read[]): Promise<void> {
    let records: readonly (Buffer | null)[]
    try {
      records = await fetchAll(reads.map(({ key }) => key))
    } catch (error) {
      for (const { reject } of reads) reject(error)
      return
    }
    reads.forEach(({ key, resolve, reject }, index) => {
      try {
        resolve(entryIn(records[index] as Buffer | null, key))
      } catch (error) {
        reject(error)
      }
    })
  }

  return {
    get: (key) =>
      new Promise((resolve, reject) => {
        batcher.add({ key, resolve, reject })
      }),
    async getMany(keys) {
      const records = await fetchAll(keys)
      return records.map((record, index) => entryIn(record, keys[index] as string))
    },
  }
}

function entryIn(record: Buffer | null, key: string): Entry | undefined {
  return record === null ? undefined : readRecord(record, key)
}

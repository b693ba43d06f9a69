import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AnyStore, Entry } from '@switchyard/core'
import type { BrokenStore } from '../broken-stores.ts'
import { locked } from '../file-lock.ts'
import { openFileStore } from '../file-store.ts'
import { FILES, WHOLE } from '../good-stores.ts'
import { createWholeStore } from '../whole-store.ts'
import { broken, hanging } from './broken.ts'

const everything = new Map<string, Entry>()

/** Stores that declare what they cannot do. */
export const BROKEN_CLAIMS: Readonly<Record<string, BrokenStore>> = {
  'declares durable and is not': broken('durability', () => ({}), { durable: true }),
  'declares shared and is not': broken('processes', () => ({}), { shared: true }),
  'declares optimize and has none': broken('declaration', () => ({}), { optimize: true }),
  'loses everything when it is optimized': broken(
    'maintenance',
    ({ entries }) => ({
      async optimize() {
        entries.clear()
        return { bytesBefore: 1, bytesAfter: 0 }
      },
    }),
    { optimize: true },
  ),
  'declares watch and reports nothing': hanging(
    broken(
      'watch',
      () => ({
        watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) }),
      }),
      { watch: true },
    ),
  ),
  "declares atomicity 'store' and checks in its own process only": {
    area: 'processes',
    capabilities: { ...FILES, atomicity: 'store' },
    open: async (context, folder) => ({ ...(await openFileStore(folder, context)) }),
  },
  'is for one process and does not keep others out': {
    area: 'processes',
    capabilities: { ...FILES, shared: false },
    open: (context, folder) => openFileStore(folder, context),
  },
  'stays locked when its process was killed': {
    area: 'processes',
    capabilities: { ...FILES, shared: false },
    open: (context, folder) => locked(join(folder, 'lock'), () => openFileStore(folder, context), false),
  },
  'writes to the disk when it is closed, and not before': {
    area: 'durability',
    capabilities: { ...WHOLE, durable: true, shared: true },
    open: (context, folder) => savingAtTheEnd(folder, (entries) => createWholeStore(context, entries)),
  },
  'shares its data with every other opening': {
    area: 'processes',
    capabilities: WHOLE,
    open: (context) => createWholeStore(context, everything),
  },
}

async function savingAtTheEnd(
  folder: string,
  open: (entries: Map<string, Entry>) => AnyStore,
): Promise<AnyStore> {
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'all.json')
  const saved: [string, Entry & { value: string }][] = JSON.parse(
    await readFile(path, 'utf8').catch(() => '[]'),
  )
  const entries = new Map(
    saved.map(([key, { value, ...entry }]) => [key, { ...entry, value: Buffer.from(value, 'base64') }]),
  )
  const store = open(entries)
  return {
    ...store,
    async close() {
      await store.close()
      const all = [...entries].map(([key, { value, ...entry }]) => [
        key,
        { ...entry, value: Buffer.from(value).toString('base64') },
      ])
      await writeFile(path, JSON.stringify(all))
    },
  }
}

import { truncateSync } from 'node:fs'
import { openStore } from '@switchyard/core'
import { sqlite } from '../src/index.ts'

/** Reads from a file that is cut off while it is open, as by a copy over it; prints the code of the failure. */
const path = process.argv[2] as string
const keys = Array.from({ length: 500 }, (_, i) => `key${i}`)
const writing = await openStore(sqlite({ path }))
for (const key of keys) await writing.set(key, { value: new Uint8Array(3000), version: 'v' })
await writing.close()
const store = await openStore(sqlite({ path }))
await store.get('key1')
truncateSync(path, 8192)
try {
  for (const key of keys) await store.get(key)
  console.log('read')
} catch (error) {
  console.log((error as { code?: string }).code)
}

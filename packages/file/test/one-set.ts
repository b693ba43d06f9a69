import { writeSync } from 'node:fs'
import { openStore } from '@switchyard/core'
import { type FileOptions, file } from '../src/index.ts'

/** Sets one key in an opened folder, and says so to standard output; with 'flush' it flushes before. */
const [path = '', layout = 'log', durability = 'group', flush] = process.argv.slice(2)
const store = await openStore(file({ path, layout, durability } as FileOptions))
// The first one may make files of the folder's own.
await store.set('first', { value: Buffer.from('1'), version: 'v1' })
writeSync(1, 'begins\n')
await store.set('key', { value: Buffer.from('"a value to look for"'), version: 'v2' })
if (flush === 'flush') await store.flush?.()
writeSync(1, 'acknowledged\n')
await store.close()

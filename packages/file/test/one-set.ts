import { writeSync } from 'node:fs'
import { createState } from '@switchyard/core'
import { type FileOptions, file } from '../src/index.ts'

/** Sets one key in an opened folder, and says so to standard output. */
const [path = '', layout = 'log', durability = 'group'] = process.argv.slice(2)
const options = { path, layout, durability } as FileOptions
const state = await createState({ backends: { file: file(options) }, cleanupInterval: false })
// The first one may make files of the folder's own.
await state.set('first', 1)
writeSync(1, 'begins\n')
await state.set('key', 'a value to look for')
writeSync(1, 'acknowledged\n')
await state.close()

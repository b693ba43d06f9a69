import { writeSync } from 'node:fs'
import { fileJournal } from '@switchyard/core'

/** Records that another backend serves, and says so to standard output. */
const journal = fileJournal(process.argv[2] ?? '')
writeSync(1, 'begins\n')
await journal.write({ format: 1, active: 'the other one', leftovers: [] })
writeSync(1, 'recorded\n')

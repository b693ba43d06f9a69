import { parseArgs } from 'node:util'
import { conditions } from './conditions.ts'
import { writeResults } from './document.ts'
import { copyPart } from './parts/copy.ts'
import { durablePart } from './parts/durable.ts'
import { eventLoopPart } from './parts/event-loop.ts'
import { filePart } from './parts/file.ts'
import { footprintPart } from './parts/footprint.ts'
import { httpPart } from './parts/http.ts'
import { memoryPart } from './parts/memory.ts'
import type { Part } from './parts/part.ts'
import { redisPart } from './parts/redis.ts'
import { sqlitePart } from './parts/sqlite.ts'
import { switchPart } from './parts/switch.ts'

const PARTS: ReadonlyMap<string, Part> = new Map([
  ['memory', memoryPart],
  ['sqlite', sqlitePart],
  ['durable', durablePart],
  ['file', filePart],
  ['redis', redisPart],
  ['event-loop', eventLoopPart],
  ['copy', copyPart],
  ['switch', switchPart],
  ['http', httpPart],
  ['footprint', footprintPart],
])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false }, 'keyv-sqlite-4': { type: 'string' } },
})
const unknown = positionals.filter((name) => !PARTS.has(name))
if (unknown.length > 0) {
  console.error(`There is no part '${unknown[0]}'; there are: ${[...PARTS.keys()].join(', ')}`)
  process.exit(1)
}

const names = positionals.length > 0 ? positionals : [...PARTS.keys()]
for (const name of names) {
  const header = conditions()
  const tables = await (PARTS.get(name) as Part)({ keyv4: values['keyv-sqlite-4'] })
  // The heading first.
  const results = tables.replace('\n\n', `\n\n${header}\n\n`)
  console.log(`${results}\n`)
  if (values.write) writeResults(name, results)
}

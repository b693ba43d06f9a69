import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { absentAt, batchAt, keyAt, keys, valueAt } from './data.ts'
import { ticksKept } from './event-loop.ts'
import { type InterleaveOptions, interleave, type Work } from './interleave.ts'
import { type Goal, type Row, table } from './report.ts'
import { memorySubjects } from './subjects/memory.ts'
import { durableSubjects, sqliteSubjects } from './subjects/sqlite.ts'
import { fill, type Subject } from './subjects/subject.ts'

type Subjects = ReadonlyMap<string, Subject>

const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url)
const [BEGIN, END] = ['<!-- results -->', '<!-- end of results -->']
const RAW_MAP = 'raw Map in an async function'
const RAW_SQLITE = 'raw node:sqlite'
const KEYV_SQLITE = '@keyv/sqlite 6 beta, WAL'

const entries = keys.map((key, i) => ({ key, value: valueAt(i) }))

async function row(
  operation: string,
  subjects: Subjects,
  work: (subject: Subject) => Work | undefined,
  options: InterleaveOptions = {},
  goals: readonly Goal[] = [],
): Promise<Row> {
  const works = new Map<string, Work>()
  for (const [name, subject] of subjects) {
    const made = work(subject)
    if (made !== undefined) works.set(name, made)
  }
  return { operation, measured: await interleave(works, options), goals }
}

const get =
  (subject: Subject): Work =>
  (i) =>
    subject.get(keyAt(i))
const set =
  (subject: Subject): Work =>
  (i) =>
    subject.set(keyAt(i), valueAt(i))
const getMany = ({ getMany: many }: Subject): Work | undefined => many && ((i) => many(batchAt(i)))
const setMany = ({ setMany: many }: Subject): Work | undefined =>
  many && ((i) => many(batchAt(i).map((key) => ({ key, value: valueAt(i) }))))

async function memoryPart(): Promise<string> {
  const subjects = await memorySubjects()
  for (const subject of subjects.values()) await fill(subject, entries)
  const rows = [
    await row('get', subjects, get, {}, [
      { against: RAW_MAP, atLeast: 0.25 },
      { against: 'keyv 6 (JSON)', atLeast: 2.5 },
      { against: 'unstorage memory', atLeast: 1.3 },
    ]),
    await row('get, absent', subjects, (subject) => (i) => subject.get(absentAt(i)), {}, [
      { against: RAW_MAP, atLeast: 0.8 },
    ]),
    await row('set', subjects, set, {}, [{ against: 'keyv 6 (JSON)', atLeast: 1.5 }]),
    await row('getMany(100), keys', subjects, getMany, { weight: 100 }),
  ]
  await closeAll(subjects)
  return `## Memory\n\n${table('@switchyard/memory', rows)}`
}

async function sqlitePart(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'))
  try {
    const subjects = await sqliteSubjects(folder)
    for (const subject of subjects.values()) await fill(subject, entries)
    const durable = await durableSubjects(folder)
    for (const subject of durable.values()) await fill(subject, entries)
    const c64 = { concurrency: 64 }
    const slow = { rounds: 7, sliceMs: 1 }
    const rows = [
      await row('get, c1', subjects, get, {}, [
        { against: RAW_SQLITE, atLeast: 0.8 },
        { against: KEYV_SQLITE, atLeast: 4 },
      ]),
      await row('get, c64', subjects, get, c64, [{ against: RAW_SQLITE, atLeast: 0.8 }]),
      await row('set, c1', subjects, set, {}, [
        { against: RAW_SQLITE, atLeast: 0.8 },
        { against: KEYV_SQLITE, atLeast: 1.5 },
      ]),
      await row('set, c64', subjects, set, c64, [
        { against: RAW_SQLITE, atLeast: 0.8 },
        { against: KEYV_SQLITE, atLeast: 1.5 },
      ]),
      await row('getMany(100), keys', subjects, getMany, { weight: 100 }, [
        { against: RAW_SQLITE, atLeast: 0.9 },
        { against: KEYV_SQLITE, atLeast: 2 },
      ]),
      await row('setMany(100), keys', subjects, setMany, { weight: 100 }),
      await row('scan of all entries', subjects, ({ scan }) => scan, { ...slow, weight: keys.length }, [
        { against: RAW_SQLITE, atLeast: 0.7 },
      ]),
      await row(
        'list of 1,000 keys by prefix, keys',
        subjects,
        ({ list }) => list && (() => list('user:012')),
        { weight: 1000 },
        [{ against: RAW_SQLITE, atLeast: 0.7 }],
      ),
    ]
    const full = 'raw node:sqlite FULL, a transaction each'
    const durableRows = [await row('set, c64', durable, set, c64, [{ against: full, atLeast: 5 }])]
    const ticks: string[] = []
    for (const [name, subject] of subjects) {
      ticks.push(`| ${name} | ${Math.round(100 * (await ticksKept(subject)))} % |`)
    }
    await closeAll(subjects)
    await closeAll(durable)
    return [
      `## SQLite\n\n${table('@switchyard/sqlite', rows)}`,
      `### Synced before it is acknowledged\n\n${table("@switchyard/sqlite, durability 'full'", durableRows)}`,
      `### The event loop, 64 workers, 80 % get and 20 % set\n\n| | ticks of a 5 ms timer that come |\n| --- | --- |\n${ticks.join('\n')}`,
    ].join('\n\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function closeAll(subjects: Subjects): Promise<void> {
  for (const subject of subjects.values()) await subject.close?.()
}

const parts = { memory: memoryPart, sqlite: sqlitePart }
const names = process.argv.slice(2).filter((argument) => argument !== '--write')
const unknown = names.find((name) => !(name in parts))
if (unknown !== undefined) {
  console.error(`There is no part '${unknown}'; there are: ${Object.keys(parts).join(', ')}`)
  process.exit(1)
}
const results: string[] = []
for (const [name, part] of Object.entries(parts)) {
  if (names.length > 0 && !names.includes(name)) continue
  results.push(await part())
  console.log(`${results.at(-1)}\n`)
}
if (process.argv.includes('--write')) {
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${process.platform} ${process.arch}`
  const made = `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.version} on ${machine}.`
  const document = readFileSync(DOCUMENT, 'utf8')
  const [before, after] = [document.split(BEGIN)[0], document.split(END)[1]]
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${made}\n\n${results.join('\n\n')}\n\n${END}${after}`)
}

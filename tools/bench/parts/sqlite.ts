import { COUNT, items } from '../data.ts'
import { SQLITE_GOALS } from '../goals.ts'
import { get, getMany, getScattered, list, measure, scan, set, setMany, setScattered } from '../measure.ts'
import { SQLITE } from '../names.ts'
import { report } from '../report.ts'
import { sqliteSubjects } from '../subjects/sqlite.ts'
import { closeAll, fill } from '../subjects/subject.ts'
import { inTemporaryFolder, type PartOptions } from './part.ts'

export function sqlitePart({ keyv4 }: PartOptions): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const subjects = await sqliteSubjects(folder, keyv4)
    await fill(subjects, items)
    const c64 = { concurrency: 64 }
    const batch = { weight: 100 }
    const listing = { rounds: 5 }
    const measurements = [
      await measure('get c1', subjects, get),
      await measure('get c64', subjects, get, c64),
      await measure('set c1', subjects, set),
      await measure('set c64', subjects, set, c64),
      await measure('get c64, scattered', subjects, getScattered, c64),
      await measure('set c64, scattered', subjects, setScattered, c64),
      await measure('getMany(100)', subjects, getMany, batch),
      await measure('setMany(100)', subjects, setMany, batch),
      await measure('scan', subjects, scan, { rounds: 3, weight: COUNT }),
      await measure('list 100', subjects, list('user:0123', 100), listing),
      await measure('list 1,000', subjects, list('user:012', 1000), listing),
    ]
    await closeAll(subjects)
    return `## SQLite\n\n${report(SQLITE.ours, measurements, SQLITE_GOALS)}`
  })
}

import { items } from '../data.ts'
import { DURABLE_GOALS } from '../goals.ts'
import { measure, set, setMany } from '../measure.ts'
import { DURABLE } from '../names.ts'
import { report } from '../report.ts'
import { durableSubjects } from '../subjects/sqlite.ts'
import { closeAll, fill } from '../subjects/subject.ts'
import { inTemporaryFolder } from './part.ts'

/** A tenth of the keys: filling costs those without a group commit a sync for each. */
const SOME = items.slice(0, items.length / 10)

export function durablePart(): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const subjects = await durableSubjects(folder)
    await fill(subjects, SOME)
    const measurements = [
      await measure('set c1', subjects, set),
      await measure('set c64', subjects, set, { concurrency: 64 }),
      await measure('setMany(100)', subjects, setMany, { weight: 100 }),
    ]
    await closeAll(subjects)
    const tables = report(DURABLE.ours, measurements, DURABLE_GOALS)
    return `## SQLite, synced before a write is acknowledged\n\n${tables}`
  })
}

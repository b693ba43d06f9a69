import { items } from '../data.ts'
import { FILE_GOALS } from '../goals.ts'
import { get, measure, set, setMany } from '../measure.ts'
import { FILE } from '../names.ts'
import { report } from '../report.ts'
import { fileSubjects } from '../subjects/file.ts'
import { closeAll, fill } from '../subjects/subject.ts'
import { inTemporaryFolder } from './part.ts'

export function filePart(): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const subjects = await fileSubjects(folder)
    await fill(subjects, items)
    const long = { sliceMs: 100, rounds: 15 }
    const measurements = [
      await measure('get c1', subjects, get),
      await measure('get c64', subjects, get, { concurrency: 64 }),
      await measure('set c1', subjects, set, long),
      await measure('set c64', subjects, set, { ...long, concurrency: 64 }),
      await measure('set c512', subjects, set, { ...long, concurrency: 512 }),
      await measure('setMany(100)', subjects, setMany, { ...long, weight: 100 }),
    ]
    await closeAll(subjects)
    return `## File\n\n${report(FILE.group, measurements, FILE_GOALS)}`
  })
}

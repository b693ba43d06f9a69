import { items } from '../data.ts'
import { MEMORY_GOALS } from '../goals.ts'
import { get, getMany, getScattered, measure, miss, set, setScattered } from '../measure.ts'
import { MEMORY } from '../names.ts'
import { report } from '../report.ts'
import { memorySubjects } from '../subjects/memory.ts'
import { closeAll, fill } from '../subjects/subject.ts'

/** Nothing here ever waits, so more promises at a time would change nothing. */
const SHORT = { stride: 4 }

export async function memoryPart(): Promise<string> {
  const subjects = await memorySubjects()
  await fill(subjects, items)
  const measurements = [
    await measure('get', subjects, get, SHORT),
    await measure('get, absent', subjects, miss, SHORT),
    await measure('set', subjects, set, SHORT),
    await measure('get, scattered', subjects, getScattered, SHORT),
    await measure('set, scattered', subjects, setScattered, SHORT),
    await measure('getMany(100)', subjects, getMany, { weight: 100 }),
  ]
  await closeAll(subjects)
  return `## Memory\n\n${report(MEMORY.ours, measurements, MEMORY_GOALS)}`
}

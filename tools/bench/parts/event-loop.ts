import { items } from '../data.ts'
import { measureTicks } from '../event-loop.ts'
import { TICKS_AT_LEAST } from '../goals.ts'
import { SQLITE } from '../names.ts'
import { quartiles } from '../quartiles.ts'
import { table, verdict } from '../report.ts'
import { sqliteSubjects } from '../subjects/sqlite.ts'
import { closeAll, fill } from '../subjects/subject.ts'
import { inTemporaryFolder, type PartOptions } from './part.ts'

export function eventLoopPart({ keyv4 }: PartOptions): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const subjects = await sqliteSubjects(folder, keyv4)
    await fill(subjects, items)
    const results = await measureTicks('nothing', subjects)
    await closeAll(subjects)
    const rows = results.map(({ subject, shares, rates }) => {
      const { low, median, high } = quartiles(shares)
      const isOurs = subject === SQLITE.ours
      return [
        subject,
        `${percent(median)} (${percent(low)}–${percent(high)})`,
        subjects.has(subject) ? `${Math.round(quartiles(rates).median / 1000)}k` : '',
        isOurs ? `>= ${percent(TICKS_AT_LEAST)}: ${verdict(median, TICKS_AT_LEAST)}` : '',
      ]
    })
    const head = ['64 workers, 80 % get, 20 % set', 'ticks of a 5 ms timer', 'operations per second', 'goal']
    return `## The event loop under SQLite\n\n${table(head, rows)}`
  })
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

import type { Measured } from './interleave.ts'

/** What a ratio has to reach. */
export interface Goal {
  /** The subject that ours is divided by. */
  readonly against: string
  readonly atLeast: number
}

export interface Row {
  readonly operation: string
  readonly measured: readonly Measured[]
  readonly goals?: readonly Goal[]
}

/** A Markdown table: a row for each operation, a column for each subject; ours beside the others as ratios. */
export function table(ours: string, rows: readonly Row[]): string {
  const subjects = [...new Set(rows.flatMap((row) => row.measured.map(({ subject }) => subject)))]
  const others = subjects.filter((subject) => subject !== ours)
  const head = ['', `${ours}, per second`, ...others.map((other) => `ours / ${other}`), 'goals']
  const lines = rows.map(({ operation, measured, goals = [] }) => {
    const own = measured.find(({ subject }) => subject === ours) as Measured
    const ratioTo = (other: string): number => {
      const found = measured.find(({ subject }) => subject === other)
      return found === undefined ? Number.NaN : own.rate / found.rate
    }
    const ratios = others.map((other) => (Number.isNaN(ratioTo(other)) ? '' : ratioTo(other).toFixed(2)))
    const verdicts = goals.map(({ against, atLeast }) => {
      const verdict = ratioTo(against) >= atLeast ? 'met' : 'missed'
      return `>= ${atLeast} ${against}: ${verdict}`
    })
    return [
      operation,
      `${thousands(own.rate)} ±${Math.round(own.spread * 50)} %`,
      ...ratios,
      verdicts.join('; '),
    ]
  })
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function thousands(rate: number): string {
  return rate >= 10_000 ? `${Math.round(rate / 1000)}k` : `${(rate / 1000).toFixed(1)}k`
}

import type { Goal } from './goals.ts'
import type { Measured } from './interleave.ts'
import type { Measurement } from './measure.ts'
import { type Quartiles, quartiles } from './quartiles.ts'

/** Three Markdown tables: the rates of all subjects, the ratios of ours to theirs, and the goals. */
export function report(ours: string, measurements: readonly Measurement[], goals: readonly Goal[]): string {
  const tables = [ratesTable(measurements), ratiosTable(ours, measurements)]
  if (goals.length > 0) tables.push(goalsTable(ours, measurements, goals))
  return tables.join('\n\n')
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

export function verdict(value: number, atLeast: number): string {
  return value >= atLeast ? 'met' : 'missed'
}

export function ratesTable(measurements: readonly Measurement[]): string {
  const rows = subjectsOf(measurements).map((subject) => [
    subject,
    ...measurements.map((measurement) => {
      const found = find(measurement, subject)
      return found === undefined ? '' : rate(quartiles(found.rates))
    }),
  ])
  return table(['per second', ...measurements.map(({ operation }) => operation)], rows)
}

function ratiosTable(ours: string, measurements: readonly Measurement[]): string {
  const others = subjectsOf(measurements).filter((subject) => subject !== ours)
  const rows = others.map((other) => [
    other,
    ...measurements.map((measurement) => {
      const ratio = ratioTo(measurement, ours, other)
      return ratio === undefined ? '' : range(ratio)
    }),
  ])
  return table([`${ours} divided by`, ...measurements.map(({ operation }) => operation)], rows)
}

function goalsTable(ours: string, measurements: readonly Measurement[], goals: readonly Goal[]): string {
  const rows = goals.flatMap(({ operation, against, atLeast }) => {
    const measurement = measurements.find((one) => one.operation === operation)
    if (measurement === undefined) throw new Error(`A goal is for '${operation}', which is not measured`)
    const ratio = ratioTo(measurement, ours, against)
    return ratio === undefined
      ? []
      : [[operation, against, `>= ${atLeast}`, range(ratio), verdict(ratio.median, atLeast)]]
  })
  return table(['operation', 'against', 'goal', 'ratio', ''], rows)
}

function subjectsOf(measurements: readonly Measurement[]): string[] {
  return [...new Set(measurements.flatMap(({ measured }) => measured.map(({ subject }) => subject)))]
}

function find({ measured }: Measurement, subject: string): Measured | undefined {
  return measured.find((one) => one.subject === subject)
}

/** Of the rates of the same round, which had the same of what else the machine did. */
function ratioTo(measurement: Measurement, ours: string, other: string): Quartiles | undefined {
  const [own, others] = [find(measurement, ours), find(measurement, other)]
  if (own === undefined || others === undefined) return undefined
  return quartiles(own.rates.map((value, round) => value / (others.rates[round] as number)))
}

function rate({ low, median, high }: Quartiles): string {
  return `${short(median)} ±${Math.round((50 * (high - low)) / median)} %`
}

function short(perSecond: number): string {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(2)}M`
  if (perSecond >= 1e4) return `${Math.round(perSecond / 1e3)}k`
  return perSecond >= 1e3 ? `${(perSecond / 1e3).toFixed(1)}k` : String(Number(perSecond.toPrecision(2)))
}

function range({ low, median, high }: Quartiles): string {
  return `${digits(median)} (${digits(low)}–${digits(high)})`
}

function digits(ratio: number): string {
  return ratio >= 10 ? String(Math.round(ratio)) : ratio.toFixed(2)
}

/** A line of the text format: `name{label="value"} 1`. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What was scraped. */
export interface Scraped {
  readonly samples: readonly Sample[]
  /** By the name of the family. */
  readonly types: ReadonlyMap<string, string>
  /** The sum of the samples of this name that have at least these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number
  /** The values that a label has in the samples of this name. */
  valuesOf(name: string, label: string): readonly string[]
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y

/** Reads the text format of Prometheus strictly: what is not of it, is told twice or belongs to no family is an error. */
export function parseMetrics(text: string): Scraped {
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  let family = ''
  if (!text.endsWith('\n')) throw new Error('The last line does not end')
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const [, name, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? []
    if (name !== undefined && type !== undefined) {
      if (types.has(name)) throw new Error(`${name} has two types`)
      types.set(name, type)
      family = name
      continue
    }
    const sample = parseSample(line)
    const suffix = sample.name.slice(family.length)
    const isOfFamily = sample.name.startsWith(family) && ['', '_bucket', '_sum', '_count'].includes(suffix)
    if (!isOfFamily) throw new Error(`${line} is not of ${family}`)
    const series = line.slice(0, line.lastIndexOf(' '))
    if (seen.has(series)) throw new Error(`${series} is there twice`)
    seen.add(series)
    samples.push(sample)
  }

  return {
    samples,
    types,
    sum: (name, labels = {}) =>
      samples
        .filter((sample) => sample.name === name)
        .filter((sample) => Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
        .reduce((sum, { value }) => sum + value, 0),
    valuesOf: (name, label) => [
      ...new Set(
        samples.filter((sample) => sample.name === name).map(({ labels }) => labels[label] ?? '(none)'),
      ),
    ],
  }
}

function parseSample(line: string): Sample {
  const [, name, inner = '', figure = ''] = SAMPLE.exec(line) ?? []
  if (name === undefined) throw new Error(`Not a sample: ${line}`)
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < inner.length; at = LABEL.lastIndex) {
    const [, label, value] = LABEL.exec(inner) ?? []
    if (label === undefined || value === undefined) throw new Error(`Not labels: ${inner}`)
    labels[label] = value
  }
  const value = figure === '+Inf' ? Number.POSITIVE_INFINITY : Number(figure)
  if (Number.isNaN(value) && figure !== 'Nan' && figure !== 'NaN') throw new Error(`Not a number: ${line}`)
  return { name, labels, value }
}

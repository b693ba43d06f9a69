export interface Quartiles {
  readonly low: number
  readonly median: number
  readonly high: number
}

export function quartiles(values: readonly number[]): Quartiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => {
    const position = (sorted.length - 1) * share
    const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]]
    if (below === undefined || above === undefined) return Number.NaN
    return below + (above - below) * (position - Math.floor(position))
  }
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}

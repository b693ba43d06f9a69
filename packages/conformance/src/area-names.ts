/** What cases are about, in the order in which they run and are reported. */
export const AREA_NAMES = [
  'declaration',
  'keys',
  'values',
  'versions',
  'ttl',
  'lists',
  'batches',
  'updates',
  'transactions',
  'namespaces',
  'maintenance',
  'watch',
  'errors',
  'close',
  'concurrency',
  'durability',
  'processes',
  'random',
] as const

export type AreaName = (typeof AREA_NAMES)[number]

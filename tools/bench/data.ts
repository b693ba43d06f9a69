export const COUNT = 100_000
/** Prime, so that a key meets another value at each round of the keys. */
const VALUES = 100_003
/** Has no factor in common with COUNT, so that every key is visited. */
const STRIDE = 7919
const BATCH = 100

export interface Item {
  readonly key: string
  readonly value: object
}

const keys: readonly string[] = Array.from({ length: COUNT }, (_, i) => `user:${String(i).padStart(6, '0')}`)
const absent: readonly string[] = keys.map((key) => key.replace('user', 'none'))
const values: readonly object[] = Array.from({ length: VALUES }, (_, i) => makeValue(i))

/** The keys in their order. */
export const keyAt = (i: number): string => keys[i % COUNT] as string
/** The keys in an order in which neighbours are far apart, so that no cache has the next one. */
export const scatteredKeyAt = (i: number): string => keyAt(i * STRIDE)
export const absentAt = (i: number): string => absent[i % COUNT] as string
/** Another one each time that a key comes round again: engines skip rewriting what has not changed. */
export const valueAt = (i: number): object => values[i % VALUES] as object

/** A hundred keys in a row. */
export function keyBatchAt(i: number): string[] {
  return Array.from({ length: BATCH }, (_, n) => keyAt(i * BATCH + n))
}

export function itemBatchAt(i: number): Item[] {
  return Array.from({ length: BATCH }, (_, n) => ({
    key: keyAt(i * BATCH + n),
    value: valueAt(i * BATCH + n),
  }))
}

/** Every key, with a first value. */
export const items: readonly Item[] = keys.map((key, i) => ({ key, value: valueAt(i) }))

/** About 256 bytes of JSON. Parsed, as values from outside are: template literals would leave strings in pieces. */
function makeValue(i: number): object {
  const value = {
    id: i,
    name: `name ${i}`,
    email: `user${i}@example.com`,
    roles: ['admin', 'user'],
    address: { street: 'Some street 12', city: 'Berlin', zip: '10115' },
    created: 1_700_000_000_000 + i,
    note: 'lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam nonumy eirmod',
  }
  return JSON.parse(JSON.stringify(value)) as object
}

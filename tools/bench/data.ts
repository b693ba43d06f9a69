export const COUNT = 100_000

export const keys: readonly string[] = Array.from(
  { length: COUNT },
  (_, i) => `user:${String(i).padStart(6, '0')}`,
)
export const absent: readonly string[] = keys.map((key) => `no-${key}`)

export const keyAt = (i: number): string => keys[i % COUNT] as string
export const absentAt = (i: number): string => absent[i % COUNT] as string

/** A hundred keys in a row, as batches have them. */
export function batchAt(i: number): string[] {
  const start = (i * 100) % (COUNT - 100)
  return keys.slice(start, start + 100)
}

/** An object of about 256 bytes of JSON, different at each call: engines skip rewriting what has not changed. */
export function valueAt(i: number): object {
  return {
    id: i,
    name: `name ${i}`,
    email: `user${i}@example.com`,
    roles: ['admin', 'user'],
    address: { street: 'Some street 12', city: 'Berlin', zip: '10115' },
    created: 1_700_000_000_000 + i,
    note: 'lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam nonumy',
  }
}

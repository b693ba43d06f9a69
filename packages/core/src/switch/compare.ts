import type { AnyStore } from '../capabilities.ts'
import { type Clock, isExpired } from '../clock.ts'
import type { Entry } from '../store.ts'
import type { Pace } from './pace.ts'

/** Keys read at once: few enough that nobody waits long for their turn. */
const BATCH = 250
/** An entry that ends within this time may have ended in one store and not yet in the other. */
const EXPIRY_TOLERANCE_MS = 1000

export interface CompareOptions {
  readonly source: AnyStore
  readonly target: AnyStore
  readonly clock: Clock
  /** Told of each key whose entries differ. */
  readonly onDifference: (key: string) => void
}

export interface CompareStoresOptions extends CompareOptions {
  readonly pace: Pace
  /** Told how many keys have been compared. */
  readonly onCompared: (count: number) => void
}

/** Compares value, version, expiry and absence of every key that one of the stores has. */
export async function compareStores(options: CompareStoresOptions): Promise<void> {
  const { source, target, pace, onCompared } = options
  pace.begin()
  for await (const page of source.list({ limit: BATCH })) {
    const theirs = await target.getMany(page.map(({ key }) => key))
    for (const [index, { key, entry }] of page.entries()) compareEntries(key, entry, theirs[index], options)
    onCompared(page.length)
    await pace.rest(page.length)
  }
  // What only the target has.
  for await (const page of target.list({ limit: BATCH, keysOnly: true })) {
    const keys = page.map(({ key }) => key)
    const ours = await source.getMany(keys)
    await compareKeys(
      keys.filter((_, index) => ours[index] === undefined),
      options,
    )
    await pace.rest(page.length)
  }
}

/** Compares the entries of these keys. Throws if the signal aborts before it is through. */
export async function compareKeys(
  keys: readonly string[],
  options: CompareOptions,
  signal?: AbortSignal,
): Promise<void> {
  const { source, target } = options
  for (let from = 0; from < keys.length; from += BATCH) {
    signal?.throwIfAborted()
    const batch = keys.slice(from, from + BATCH)
    const [mine, theirs] = await Promise.all([source.getMany(batch), target.getMany(batch)])
    for (const [index, key] of batch.entries()) compareEntries(key, mine[index], theirs[index], options)
  }
}

function compareEntries(
  key: string,
  mine: Entry | undefined,
  theirs: Entry | undefined,
  { clock, onDifference }: CompareOptions,
): void {
  if (mine === undefined && theirs === undefined) return
  if (mine !== undefined && theirs !== undefined && isEqual(mine, theirs)) return
  const soon = clock.now() + EXPIRY_TOLERANCE_MS
  const ends = (entry: Entry | undefined): boolean => entry === undefined || isExpired(entry, soon)
  if (ends(mine) && ends(theirs)) return
  onDifference(key)
}

function isEqual(one: Entry, other: Entry): boolean {
  return (
    one.version === other.version &&
    one.expiresAt === other.expiresAt &&
    Buffer.compare(one.value, other.value) === 0
  )
}

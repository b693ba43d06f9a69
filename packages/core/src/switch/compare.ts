import type { AnyStore } from '../capabilities.ts'
import { type Clock, isExpired } from '../clock.ts'
import type { Entry } from '../store.ts'

/** Keys read at once. */
const BATCH = 1000
/** An entry that ends within this time may have ended in one store and not yet in the other. */
const EXPIRY_TOLERANCE_MS = 1000

export interface CompareOptions {
  readonly source: AnyStore
  readonly target: AnyStore
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Told of each key whose entries differ. */
  readonly onDifference: (key: string) => void
  /** Told how many keys have been compared. */
  readonly onCompared?: (count: number) => void
}

/** Compares value, version, expiry and absence of every key that one of the stores has. */
export async function compareStores(options: CompareOptions): Promise<void> {
  const { source, target } = options
  for await (const page of source.list({ limit: BATCH })) {
    const theirs = await target.getMany(page.map(({ key }) => key))
    for (const [index, { key, entry }] of page.entries()) compareEntries(key, entry, theirs[index], options)
    options.signal.throwIfAborted()
    options.onCompared?.(page.length)
  }
  // What only the target has.
  for await (const page of target.list({ limit: BATCH, keysOnly: true })) {
    const keys = page.map(({ key }) => key)
    await compareKeys(keys, options, ({ mine }) => mine === undefined)
    options.signal.throwIfAborted()
  }
}

/** Compares the entries of these keys. */
export async function compareKeys(
  keys: readonly string[],
  options: CompareOptions,
  isWanted: (pair: { readonly mine: Entry | undefined }) => boolean = () => true,
): Promise<void> {
  const { source, target } = options
  for (let from = 0; from < keys.length; from += BATCH) {
    const batch = keys.slice(from, from + BATCH)
    const [mine, theirs] = await Promise.all([source.getMany(batch), target.getMany(batch)])
    batch.forEach((key, index) => {
      if (isWanted({ mine: mine[index] })) compareEntries(key, mine[index], theirs[index], options)
    })
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

import { createHash } from 'node:crypto'
import type { AnyStore } from './capabilities.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Entry } from './store.ts'
import { compareStores } from './switch/compare.ts'
import { createCopier } from './switch/copier.ts'
import { createDirtyKeys } from './switch/dirty-keys.ts'
import { createPace } from './switch/pace.ts'

export interface CopyOptions {
  /** Keys in a second at the most. Default: as many as there come. */
  readonly maxRate?: number
  readonly signal?: AbortSignal
  /** Told now and then how many keys have been copied. */
  readonly onProgress?: (copied: number) => void
}

/**
 * Copies every entry from one store to another, with versions and expiries, a page at a time. What is written to the source
 * meanwhile may be missing: to move a state that is in use, switch.
 *
 * @returns how many keys were copied
 */
export async function copy(
  source: Pick<AnyStore, 'list' | 'getMany'>,
  target: Pick<AnyStore, 'write' | 'importMany' | 'flush'>,
  options: CopyOptions = {},
): Promise<number> {
  const { maxRate = 0, signal = new AbortController().signal, onProgress } = options
  let copied = 0
  const copier = createCopier({
    source,
    target,
    dirty: createDirtyKeys(),
    pace: createPace({ maxRate, signal }),
    onCopied(count) {
      copied += count
      onProgress?.(copied)
    },
  })
  await copier.copyAll()
  await target.flush?.()
  return copied
}

export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** By which entries have expired. Default: the system's. */
  readonly clock?: Clock
  /** Told now and then how many keys have been compared. */
  readonly onProgress?: (compared: number) => void
}

export interface Verification {
  /** Keys of the source. */
  readonly keys: number
  /** Keys whose value, version, expiry or presence differs. */
  readonly differences: number
  /** The first hundred of them. */
  readonly examples: readonly string[]
}

const MAX_EXAMPLES = 100

/** Compares value, version and expiry of every key that one of the stores has. */
export async function verify(
  source: AnyStore,
  target: AnyStore,
  options: VerifyOptions = {},
): Promise<Verification> {
  const { signal = new AbortController().signal, clock = systemClock, onProgress } = options
  const examples: string[] = []
  let keys = 0
  let differences = 0
  await compareStores({
    source,
    target,
    clock,
    pace: createPace({ maxRate: 0, signal }),
    onDifference(key) {
      differences++
      if (examples.length < MAX_EXAMPLES) examples.push(key)
    },
    onCompared(count) {
      keys += count
      onProgress?.(keys)
    },
  })
  return { keys, differences, examples }
}

/** A number for all that a store holds: the same for the same keys, values, versions and expiries, in whatever order. */
export async function digest(store: AnyStore, options: VerifyOptions = {}): Promise<string> {
  let sum = 0n
  let keys = 0
  for await (const page of store.list({ limit: 1000 })) {
    options.signal?.throwIfAborted()
    for (const { key, entry } of page) if (entry !== undefined) sum += digestOf(key, entry)
    keys += page.length
    options.onProgress?.(keys)
  }
  return BigInt.asUintN(128, sum).toString(16).padStart(32, '0')
}

/** Added up, not chained, so that the order does not count. */
function digestOf(key: string, { value, version, expiresAt }: Entry): bigint {
  const head = JSON.stringify([key, version, expiresAt ?? null])
  const hash = createHash('sha256').update(head).update('\0').update(value).digest()
  return hash.readBigUInt64LE(0) + (hash.readBigUInt64LE(8) << 64n)
}

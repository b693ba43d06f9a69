import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AnyStore } from '../capabilities.ts'
import type { ListedEntry, Operation } from '../store.ts'
import type { DirtyKeys } from './dirty-keys.ts'
import type { Pace } from './pace.ts'

/** Entries read and written at once: few enough that nobody waits long for their turn. */
const BATCH = 250
/**
 * Brings what the source has into the target. No key is on its way twice, so that its writes keep their order. (A listing
 * may tell a key twice; if its entry is not the same both times it was written in between, and is dirty.)
 */
export interface Copier {
  /** Copies every entry of the source that is there from the call on; keys written meanwhile must be drained after it. */
  copyAll(): Promise<void>
  /**
   * Copies so many dirty keys as they are now, deletions included.
   *
   * @param hurry without a rest for operations in between
   * @returns how long it took in milliseconds, rests aside
   */
  drain(count: number, options: { readonly hurry: boolean }): Promise<number>
  /** Copies all of them while operations wait, or as many as until the signal aborts. Which they were. */
  drainAll(signal: AbortSignal): Promise<readonly string[]>
}

export interface CopierOptions {
  readonly source: Pick<AnyStore, 'list' | 'getMany'>
  readonly target: Pick<AnyStore, 'write' | 'importMany'>
  readonly dirty: DirtyKeys
  /** Told how many keys have been written to the target. */
  readonly onCopied: (count: number) => void
  readonly pace: Pace
  /** Batches of different keys that may be on their way to the target at once. Default 4. */
  readonly depth?: number
}

export function createCopier({ source, target, dirty, onCopied, pace, depth = 4 }: CopierOptions): Copier {
  async function writeAll(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return
    await target.write({ operations })
    onCopied(operations.length)
  }

  async function copyDirty(count: number): Promise<readonly string[]> {
    // Taken before they are read: who writes after the read makes them dirty again.
    const keys = dirty.take(Math.min(count, BATCH))
    try {
      const entries = await source.getMany(keys)
      await writeAll(
        keys.map((key, index) => {
          const entry = entries[index]
          return entry === undefined ? { op: 'delete', key } : { op: 'set', key, entry }
        }),
      )
    } catch (error) {
      for (const key of keys) dirty.add(key)
      throw error
    }
    return keys
  }

  async function* pages(): AsyncIterable<readonly ListedEntry[]> {
    pace.begin()
    for await (const page of source.list({ limit: BATCH })) {
      yield page
      await pace.rest(page.length)
    }
  }

  /** The next pages are read while some are written, unless others want their turn. */
  async function writePages(): Promise<void> {
    const writing = new Set<Promise<void>>()
    try {
      for await (const page of pages()) {
        const write = writeAll(page.map(asSet))
        writing.add(write)
        // A failure is met by who awaits it.
        write.then(
          () => writing.delete(write),
          () => undefined,
        )
        if (pace.isContended) await Promise.all(writing)
        else if (writing.size >= depth) await Promise.race(writing)
      }
      await Promise.all(writing)
    } finally {
      // Nothing may reach the target after this has ended, whether it ended well or not.
      await Promise.allSettled(writing)
    }
  }

  async function* counted(all: AsyncIterable<readonly ListedEntry[]>): AsyncIterable<readonly ListedEntry[]> {
    for await (const page of all) {
      yield page
      onCopied(page.length)
    }
  }

  return {
    copyAll: () => target.importMany?.(counted(pages())) ?? writePages(),
    async drain(count, { hurry }) {
      let tookMs = 0
      pace.begin()
      for (let left = count; left > 0 && dirty.size > 0; ) {
        const started = performance.now()
        const { length } = await copyDirty(left)
        tookMs += performance.now() - started
        left -= length
        await (hurry ? nextTurn() : pace.rest(length))
      }
      return tookMs
    },
    async drainAll(signal) {
      const drained: string[] = []
      while (dirty.size > 0 && !signal.aborted) drained.push(...(await copyDirty(dirty.size)))
      return drained
    },
  }
}

function asSet({ key, entry }: ListedEntry): Operation {
  if (entry === undefined) throw new TypeError('A listing with entries gave a key without one')
  return { op: 'set', key, entry }
}

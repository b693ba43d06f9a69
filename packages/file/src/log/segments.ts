import { rm } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, StateError } from '@switchyard/core'
import { asStateError, syncFolder } from '@switchyard/core'
import type { Change } from '../change.ts'
import { packBlock } from './block.ts'
import { hintFile, writeHint } from './hint.ts'
import { isDeletion, type LocatedChange } from './located-change.ts'
import { entryOf, hasExpired, type LogIndex } from './log-index.ts'
import { readLogManifest, writeLogManifest } from './manifest.ts'
import { openSegment, type Segment } from './segment.ts'

const SEGMENT_BYTES = 64 << 20
/** Compaction begins when so much of what is not written to any more is dead, by its share and in bytes of a segment. */
const DEAD_SHARE = 0.5
/** Bytes moved, and keys looked at, before other work has its turn. */
const STEP_BYTES = 1 << 20
const STEP_KEYS = 5000

/** The files of the log: the last one is written to, the others are only read and, now and then, merged. */
export interface Segments {
  /** The one to append to, a new one if the last is full. */
  active(): Segment | Promise<Segment>
  /** Changes that were appended to the active segment. */
  applied(changes: readonly LocatedChange[]): void
  /** Merges all that is not written to any more, if enough of it is dead. In the background. */
  compactIfWorthwhile(): void
  /** Begins a new segment. Must not run beside an append. */
  rotate(): Promise<void>
  /** Merges all that is not written to any more. */
  compact(): Promise<void>
  readonly count: number
  readonly bytes: number
  readonly dead: number
  /** Everything that was written, also without a sync of its own. */
  sync(): Promise<void>
  close(): Promise<void>
}

export interface SegmentsOptions {
  readonly folder: string
  readonly index: LogIndex
  readonly opened: readonly Segment[]
  readonly clock: Clock
  readonly segmentBytes?: number
  /** Whether what is appended is synced: then there is room ahead for it. */
  readonly synced: boolean
  readonly onError: (error: StateError) => void
}

export function createSegments(options: SegmentsOptions): Segments {
  const { folder, index, clock, segmentBytes = SEGMENT_BYTES, synced, onError } = options
  let sealed: Segment[] = options.opened.slice(0, -1)
  let last: Segment | undefined = options.opened.at(-1)
  let lastId = Math.max(0, ...options.opened.map(({ id }) => id))
  /** Deletions in the active segment: a hint must tell of them, and the index does not know them. */
  let deletions: LocatedChange[] | undefined = last === undefined || last.size === 0 ? [] : undefined
  let compacting: Promise<void> | undefined
  /** Hints on their way; nothing depends on them. */
  let hinting: Promise<void> = Promise.resolve()
  /** The segment that was written to when a compaction failed: there is none before the next. */
  let failedAt: number | undefined
  let closing = false
  let turn: Promise<unknown> = Promise.resolve()

  const all = (): readonly Segment[] => (last === undefined ? sealed : [...sealed, last])
  const sum = (field: 'size' | 'dead', segments = all()): number =>
    segments.reduce((total, segment) => total + segment[field], 0)

  function create(): Segment {
    lastId++
    return openSegment(folder, lastId, 'new')
  }

  async function record(segments: readonly Segment[]): Promise<void> {
    await writeLogManifest(folder, { segments: segments.map(({ id }) => id) })
  }

  /** Segments that were to be recorded. A manifest that names them all the same was replaced, and only then did the disk fail. */
  async function discard(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) segment.close()
    const manifest = await readLogManifest(folder)
    for (const { id, file } of segments) {
      if (manifest?.segments.includes(id) !== false) continue
      await rm(file, { force: true })
      await rm(hintFile(file), { force: true })
    }
  }

  /** Changes of the list of segments, one after the other: each writes all of it. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  function rotate(): Promise<void> {
    return inTurn(addSegment)
  }

  async function addSegment(): Promise<void> {
    const before = last
    // Of a segment that is not written to any more, every byte counts.
    before?.trim()
    const next = create()
    try {
      await record([...all(), next])
    } catch (error) {
      await discard([next])
      throw error
    }
    if (before !== undefined) {
      sealed.push(before)
      const known = deletions
      // Without its deletions a hint would bring back what they deleted.
      if (known !== undefined) hinting = hinting.then(() => hint(before, known)).catch(report)
    }
    last = next
    deletions = []
  }

  function withRoom(segment: Segment): Segment {
    if (synced) segment.makeRoom(segmentBytes - segment.size)
    return segment
  }

  function report(error: unknown): void {
    onError(asStateError(error, { operation: 'compact' }))
  }

  /** What a hint or a merge leaves out has been replaced by what must not be lost now. Synced writes show only when they are. */
  async function replacementsLast(): Promise<void> {
    if (!synced) for (const segment of all()) await segment.sync()
  }

  async function hint(segment: Segment, known: readonly LocatedChange[]): Promise<void> {
    const changes: LocatedChange[] = [...known]
    let seen = 0
    for (const [, entry] of index.entries()) {
      if (++seen % STEP_KEYS === 0) await nextTurn()
      if (entry.segment === segment) changes.push(entry)
    }
    await replacementsLast()
    await writeHint(segment.file, segment.size, changes)
  }

  /** Brings what is live in these segments, which are all but the last, into new ones. */
  async function merge(merged: readonly Segment[]): Promise<void> {
    const sources = new Set(merged)
    const outputs: Segment[] = []
    const moved: { readonly from: LocatedChange; readonly to: LocatedChange }[] = []
    let changes: Change[] = []
    let entries: LocatedChange[] = []
    let bytes = 0

    function flush(): void {
      if (changes.length === 0) return
      let output = outputs.at(-1)
      if (output === undefined || output.size >= segmentBytes) {
        output = create()
        outputs.push(output)
      }
      const { block, located } = packBlock(changes, output)
      output.append(block)
      for (const [i, to] of located.entries()) moved.push({ from: entries[i] as LocatedChange, to })
      changes = []
      entries = []
      bytes = 0
    }

    try {
      let seen = 0
      for (const [key, entry] of index.entries()) {
        if (++seen % STEP_KEYS === 0) await nextTurn()
        if (!sources.has(entry.segment)) continue
        if (hasExpired(entry, clock.now())) {
          index.remove(key)
          continue
        }
        const read = entry.segment.read(entry)
        changes.push({ key, entry: entryOf(entry, read instanceof Promise ? await read : read) })
        entries.push(entry)
        bytes += entry.bytes
        if (bytes < STEP_BYTES) continue
        flush()
        await nextTurn()
        if (closing) throw new Error('closing')
      }
      flush()
      for (const output of outputs) {
        await output.sync()
        const hinted = moved.map(({ to }) => to).filter(({ segment }) => segment === output)
        await writeHint(output.file, output.size, hinted)
      }
      await replacementsLast()
      // Hints of the merged segments would be written beside files that are gone.
      await hinting
      // From here on the new segments count, and what is not named any more is left over.
      await inTurn(async () => {
        await record([...outputs, ...all().filter((segment) => !sources.has(segment))])
        sealed = [...outputs, ...sealed.filter((segment) => !sources.has(segment))]
      })
    } catch (error) {
      await inTurn(() => discard(outputs))
      if (closing) return
      throw error
    }
    for (const { from, to } of moved) {
      if (index.find(from.key) === from) {
        from.segment = to.segment
        from.offset = to.offset
      } else {
        to.segment.dead += to.bytes
      }
    }
    for (const segment of merged) {
      segment.close()
      await rm(segment.file, { force: true })
      await rm(hintFile(segment.file), { force: true })
    }
    await syncFolder(folder)
  }

  /** A merge under way leaves out what came since it began. */
  async function compactAll(): Promise<void> {
    while (compacting !== undefined) await compacting.catch(() => undefined)
    await compact()
  }

  function compact(): Promise<void> {
    compacting ??= merge([...sealed]).finally(() => {
      compacting = undefined
    })
    return compacting
  }

  function compactIfWorthwhile(): void {
    const dead = sum('dead', sealed)
    if (compacting !== undefined || dead < segmentBytes || dead < sum('size', sealed) * DEAD_SHARE) return
    if (closing || last?.id === failedAt) return
    // Meanwhile more may have died.
    compact().then(compactIfWorthwhile, (error) => {
      // What stood in its way is still there, and may be gone from what the next segment makes worthwhile.
      failedAt = last?.id
      report(error)
    })
  }

  return {
    active() {
      if (last !== undefined && last.size < segmentBytes) return withRoom(last)
      return rotate().then(() => withRoom(last as Segment))
    },
    applied(changes) {
      for (const change of changes) {
        index.apply(change)
        if (isDeletion(change)) deletions?.push(change)
      }
    },
    compactIfWorthwhile,
    rotate,
    compact: compactAll,
    get count() {
      return all().length
    },
    get bytes() {
      return sum('size')
    },
    get dead() {
      return sum('dead')
    },
    sync: () =>
      inTurn(async () => {
        for (const segment of all()) await segment.sync()
        await syncFolder(folder)
      }),
    async close() {
      closing = true
      await compacting?.catch(() => undefined)
      await hinting
      try {
        last?.trim()
        if (last !== undefined && deletions !== undefined) await hint(last, deletions)
      } catch (error) {
        report(error)
      }
      for (const segment of all()) segment.close()
    },
  }
}

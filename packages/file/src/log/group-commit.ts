import {
  type Check,
  conflict,
  type Entry,
  incrementEntry,
  notAllApplied,
  type Operation,
  type OperationResult,
  StateError,
} from '@switchyard/core'
import type { Change } from './block.ts'

/** A write as the caller asked for it. */
export interface WriteRequest {
  readonly checks: readonly Check[]
  readonly operations: readonly Operation[]
  /** All or nothing; otherwise each operation by itself. */
  readonly atomic: boolean
}

export interface GroupCommit {
  /** Applies the write and says what came of it once it is as durable as it is to be. */
  write(request: WriteRequest): Promise<readonly OperationResult[]>
  /** Runs the work between two groups, with none on its way. */
  exclusively<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>
}

export interface GroupCommitOptions {
  /** The entry that reads see; with what this group has changed so far not yet in it. */
  readonly live: (key: string) => Entry | undefined | Promise<Entry | undefined>
  /** Makes the changes durable, then visible. Nothing is visible if it rejects. */
  readonly commit: (changes: readonly Change[]) => Promise<void> | undefined
  /** Writes that share one commit at the most. */
  readonly maxWrites: number
}

/** Bytes of values in one commit, about. */
const MAX_BYTES = 8 << 20

interface Waiting {
  readonly request: WriteRequest
  readonly resolve: (results: readonly OperationResult[]) => void
  readonly reject: (error: unknown) => void
}

/** Writes that arrive while a commit is on its way share the next one. */
export function createGroupCommit({ live, commit, maxWrites }: GroupCommitOptions): GroupCommit {
  const waiting: Waiting[] = []
  let running: Promise<void> | undefined

  /** What the keys become in this group, on top of what is visible. */
  type Staged = Map<string, Entry | undefined>

  function find(staged: Staged, key: string): Entry | undefined | Promise<Entry | undefined> {
    return staged.has(key) ? staged.get(key) : live(key)
  }

  async function check(staged: Staged, { key, version }: Check): Promise<void> {
    const found = find(staged, key)
    const entry = found instanceof Promise ? await found : found
    if ((entry?.version ?? null) !== version) throw conflict(key)
  }

  async function apply(staged: Staged, operation: Operation): Promise<OperationResult> {
    const { key } = operation
    if (operation.op === 'set') {
      staged.set(key, operation.entry)
      return { op: 'set' }
    }
    const found = find(staged, key)
    const entry = found instanceof Promise ? await found : found
    if (operation.op === 'delete') {
      if (entry !== undefined) staged.set(key, undefined)
      return { op: 'delete', deleted: entry !== undefined }
    }
    const incremented = incrementEntry(entry, operation)
    staged.set(key, incremented.entry)
    return incremented.result
  }

  async function applyAtomic(staged: Staged, request: WriteRequest): Promise<readonly OperationResult[]> {
    for (const one of request.checks) await check(staged, one)
    // On its own until all of it is known to be possible.
    const own: Staged = new Map(request.operations.length > 1 ? staged : [])
    const target = request.operations.length > 1 ? own : staged
    const results: OperationResult[] = []
    for (const operation of request.operations) results.push(await apply(target, operation))
    if (target === own)
      for (const { key } of request.operations) if (own.has(key)) staged.set(key, own.get(key))
    return results
  }

  async function applyEach(
    staged: Staged,
    { operations }: WriteRequest,
  ): Promise<readonly OperationResult[]> {
    const results: OperationResult[] = []
    const failures: { readonly key: string; readonly error: unknown }[] = []
    for (const operation of operations) {
      try {
        results.push(await apply(staged, operation))
      } catch (error) {
        failures.push({ key: operation.key, error })
      }
    }
    const [first] = failures
    if (first === undefined) return results
    throw notAllApplied(
      first.error,
      failures.map(({ key }) => key),
    )
  }

  async function runGroup(group: readonly Waiting[]): Promise<void> {
    const staged: Staged = new Map()
    const done: (() => void)[] = []
    const refused: (() => void)[] = []
    const committed: Waiting[] = []
    for (const one of group) {
      const { request, resolve, reject } = one
      try {
        const results = request.atomic ? await applyAtomic(staged, request) : await applyEach(staged, request)
        done.push(() => resolve(results))
      } catch (error) {
        // Of a batch that is not atomic the rest is to be committed all the same.
        refused.push(() => reject(error))
      }
      committed.push(one)
    }
    if (staged.size > 0) {
      try {
        await commit([...staged].map(([key, entry]) => ({ key, entry })))
      } catch (error) {
        for (const { reject } of committed) reject(error)
        return
      }
    }
    for (const settle of done) settle()
    for (const settle of refused) settle()
  }

  function takeGroup(): readonly Waiting[] {
    let count = 0
    for (let bytes = 0; count < Math.min(waiting.length, maxWrites) && bytes < MAX_BYTES; count++) {
      for (const operation of waiting[count]?.request.operations ?? []) {
        if (operation.op === 'set') bytes += operation.entry.value.byteLength
      }
    }
    return waiting.splice(0, count)
  }

  async function run(): Promise<void> {
    // After all that this turn still brings.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    while (waiting.length > 0) await runGroup(takeGroup())
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined
      if (waiting.length > 0) start()
    })
  }

  return {
    write: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        start()
      }),
    async exclusively(work) {
      while (running !== undefined) await running
      const result = work()
      running = result.then(
        () => undefined,
        () => undefined,
      )
      const mine = running
      try {
        return await result
      } finally {
        if (running === mine) running = undefined
        if (waiting.length > 0) start()
      }
    },
    async idle() {
      while (running !== undefined || waiting.length > 0) await running
    },
  }
}

/** Refuses every write after the disk has failed in a way that leaves it unknown what it holds. */
export function diskFailed(folder: string, cause: unknown): StateError {
  const message = `The disk failed while '${folder}' was written to; it takes no writes until it is opened again`
  return new StateError('READ_ONLY', message, { cause })
}

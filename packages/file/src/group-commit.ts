import {
  type Check,
  conflict,
  type Entry,
  incrementEntry,
  notAllApplied,
  type Operation,
  type OperationResult,
  StateError,
  type StateStore,
} from '@switchyard/core'
import type { Change } from './change.ts'

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
  /** The version of the entry that reads see, without what this group has changed so far. */
  readonly versionOf: (key: string) => string | undefined
  /** That entry itself. */
  readonly entryOf: (key: string) => Entry | undefined
  /**
   * Makes the changes durable, then visible. Nothing is visible if it fails. `together`: there is a write among
   * them that must not be done in part, even if the process ends.
   */
  readonly commit: (changes: readonly Change[], together: boolean) => Promise<void> | undefined
  /** Writes that share one commit at the most. */
  readonly maxWrites: number
}

/** Bytes of values in one commit, about. */
const MAX_BYTES = 8 << 20
/** Commits of one turn of the event loop, after which it has the next: what is made at once would leave it none. */
const TURN_MS = 0.5

interface Waiting {
  readonly request: WriteRequest
  readonly resolve: (results: readonly OperationResult[]) => void
  readonly reject: (error: unknown) => void
}

/** Writes that arrive while a commit is on its way share the next one. */
export function createGroupCommit({
  versionOf,
  entryOf,
  commit,
  maxWrites,
}: GroupCommitOptions): GroupCommit {
  const waiting: Waiting[] = []
  /** What is to run with no group on its way. */
  const alone: (() => Promise<void>)[] = []
  let running: Promise<void> | undefined
  /** Time that this turn of the event loop has gone into commits. */
  let spentMs = 0
  let turn: Promise<void> | undefined

  /** What the keys become in this group, on top of what is visible. */
  type Staged = Map<string, Entry | undefined>

  function version(staged: Staged, key: string): string | undefined {
    return staged.has(key) ? staged.get(key)?.version : versionOf(key)
  }

  function apply(staged: Staged, operation: Operation): OperationResult {
    const { key } = operation
    if (operation.op === 'set') {
      staged.set(key, operation.entry)
      return { op: 'set' }
    }
    if (operation.op === 'delete') {
      const deleted = version(staged, key) !== undefined
      if (deleted) staged.set(key, undefined)
      return { op: 'delete', deleted }
    }
    const { entry, result } = incrementEntry(staged.has(key) ? staged.get(key) : entryOf(key), operation)
    staged.set(key, entry)
    return result
  }

  function applyAtomic(staged: Staged, { checks, operations }: WriteRequest): readonly OperationResult[] {
    for (const one of checks) if ((version(staged, one.key) ?? null) !== one.version) throw conflict(one.key)
    if (operations.length === 1) return [apply(staged, operations[0] as Operation)]
    // On its own until all of it is known to be possible.
    const own: Staged = new Map(staged)
    const results = operations.map((operation) => apply(own, operation))
    for (const { key } of operations) if (own.has(key)) staged.set(key, own.get(key))
    return results
  }

  function applyEach(staged: Staged, { operations }: WriteRequest): readonly OperationResult[] {
    const results: OperationResult[] = []
    const failures: { readonly key: string; readonly error: unknown }[] = []
    for (const operation of operations) {
      try {
        results.push(apply(staged, operation))
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

  /** Applies what can be, commits it, and tells the callers. */
  async function commitGroup(group: readonly Waiting[]): Promise<void> {
    const staged: Staged = new Map()
    const results: (readonly OperationResult[])[] = []
    const refusals = new Map<number, unknown>()
    let together = false
    for (const [i, { request }] of group.entries()) {
      try {
        results[i] = request.atomic ? applyAtomic(staged, request) : applyEach(staged, request)
        together ||= request.atomic && request.operations.length > 1
      } catch (error) {
        // Of a batch that is not atomic the rest is committed all the same.
        refusals.set(i, error)
      }
    }
    if (staged.size > 0) {
      try {
        const committed = commit(
          Array.from(staged, ([key, entry]) => ({ key, entry })),
          together,
        )
        if (committed !== undefined) await committed
      } catch (error) {
        for (const { reject } of group) reject(error)
        return
      }
    }
    for (const [i, { resolve, reject }] of group.entries()) {
      if (refusals.has(i)) reject(refusals.get(i))
      else resolve(results[i] as readonly OperationResult[])
    }
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

  /** After all that those who were told of a commit still ask for. */
  const endOfTick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

  /** When the event loop has been round. */
  function nextTurn(): Promise<void> {
    turn ??= new Promise((resolve) => {
      setImmediate(() => {
        turn = undefined
        spentMs = 0
        resolve()
      })
    })
    return turn
  }

  async function run(): Promise<void> {
    for (;;) {
      await (spentMs < TURN_MS ? endOfTick() : nextTurn())
      const work = alone.shift()
      if (work !== undefined) await work()
      else if (waiting.length > 0) await commitWaiting()
      else return
    }
  }

  async function commitWaiting(): Promise<void> {
    const started = performance.now()
    const thisTurn = nextTurn()
    await commitGroup(takeGroup())
    // One that was waited for has left the event loop its turns.
    if (turn === thisTurn) spentMs += performance.now() - started
  }

  function start(): void {
    running ??= run().finally(() => {
      running = undefined
      if (waiting.length + alone.length > 0) start()
    })
  }

  return {
    write: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        start()
      }),
    exclusively: (work) =>
      new Promise((resolve, reject) => {
        alone.push(() => work().then(resolve, reject))
        start()
      }),
    async idle() {
      while (running !== undefined) await running
    },
  }
}

const NONE: readonly never[] = []

/** The writes of a store, each of them through the group. */
export function writesThrough(group: GroupCommit): Pick<StateStore, 'set' | 'delete' | 'write'> {
  return {
    set(key, entry, { ifVersion } = {}) {
      const checks = ifVersion === undefined ? NONE : [{ key, version: ifVersion }]
      // What it resolves to is nobody's; another promise would be felt.
      const written: Promise<unknown> = group.write({
        checks,
        operations: [{ op: 'set', key, entry }],
        atomic: true,
      })
      return written as Promise<void>
    },
    async delete(key, { ifVersion } = {}) {
      const checks = ifVersion === undefined ? NONE : [{ key, version: ifVersion }]
      const [result] = await group.write({ checks, operations: [{ op: 'delete', key }], atomic: true })
      return result?.op === 'delete' && result.deleted
    },
    write: async ({ operations, checks = [], atomic = false }) => ({
      results: await group.write({ operations, checks, atomic }),
    }),
  }
}

/** Refuses every write after the disk has failed in a way that leaves it unknown what it holds. */
export function diskFailed(folder: string, cause: unknown): StateError {
  const message = `The disk failed while '${folder}' was written to; it takes no writes until it is opened again`
  return new StateError('READ_ONLY', message, { cause })
}

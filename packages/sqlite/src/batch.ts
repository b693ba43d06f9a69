import type { DatabaseSync } from 'node:sqlite'
import {
  conflict,
  incrementEntry,
  isStateError,
  notAllApplied,
  type Operation,
  type OperationResult,
  type WriteBatch,
  type WriteResult,
} from '@switchyard/core'
import type { Statements } from './statements.ts'

/** Runs a batch inside the transaction under way. If it throws, an atomic batch has changed nothing. */
export function runBatch(
  database: DatabaseSync,
  statements: Statements,
  batch: WriteBatch,
  now: number,
): WriteResult {
  const { operations, checks = [], atomic = false } = batch
  for (const { key, version } of checks) {
    if ((statements.get(key, now)?.version ?? null) !== version) throw conflict(key)
  }
  if (!atomic || operations.length < 2) return { results: runInOrder(statements, operations, now) }
  database.exec('SAVEPOINT batch')
  try {
    const results = runInOrder(statements, operations, now)
    database.exec('RELEASE batch')
    return { results }
  } catch (error) {
    // What SQLite fails at is taken back with the whole transaction; the savepoint may be gone already.
    if (isStateError(error)) database.exec('ROLLBACK TO batch; RELEASE batch')
    throw error
  }
}

function runInOrder(
  statements: Statements,
  operations: readonly Operation[],
  now: number,
): OperationResult[] {
  const results: OperationResult[] = []
  while (results.length < operations.length) {
    const rest = operations.slice(results.length)
    const run = rest.slice(0, runLength(rest))
    try {
      results.push(...runAlike(statements, run, now))
    } catch (error) {
      // Only an increment fails by itself; what SQLite fails at is taken back as a whole.
      if (operations.length === 1 || !isStateError(error)) throw error
      throw notAllApplied(
        error,
        rest.map(({ key }) => key),
      )
    }
  }
  return results
}

/** How many operations of the first one's kind stand at the start; they can share a statement. */
function runLength(operations: readonly Operation[]): number {
  const op = operations[0]?.op
  if (op === 'increment') return 1
  const end = operations.findIndex((operation) => operation.op !== op)
  return end < 0 ? operations.length : end
}

function runAlike(statements: Statements, run: readonly Operation[], now: number): OperationResult[] {
  const [first] = run
  if (first?.op === 'increment') {
    const { entry, result } = incrementEntry(statements.get(first.key, now), first)
    statements.put(first.key, entry)
    return [result]
  }
  const sets = run.filter((operation) => operation.op === 'set')
  if (sets.length > 0) {
    statements.putMany(sets)
    return sets.map(() => ({ op: 'set' }))
  }
  return statements
    .deleteMany(
      run.map(({ key }) => key),
      now,
    )
    .map((deleted) => ({ op: 'delete', deleted }))
}

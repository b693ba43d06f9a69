import type { DatabaseSync } from 'node:sqlite'
import { type Awaitable, isStateError, StateError } from '@switchyard/core'
import { isBusy, isSqliteError, sqliteError } from './errors.ts'

/**
 * Runs the work of one turn of the event loop in one transaction, so that many writes share one commit and
 * many reads one lock, and lets the event loop turn after a while of work: SQLite blocks the thread.
 */
export interface WorkQueue {
  /** Answers at once where nobody else waits. */
  read<T>(work: () => T, signal?: AbortSignal): Awaitable<T>
  /** For work that is one statement, and so atomic by itself. What it did is committed when the promise resolves. */
  writeOne<T>(work: () => T, signal?: AbortSignal): Promise<T>
  /** For work of several statements. If it throws a StateError, it must have changed nothing. */
  writeMany<T>(work: () => T, signal?: AbortSignal): Promise<T>
  /** Refuses new work and resolves when all that was accepted has settled. */
  drain(): Promise<void>
}

export interface WorkQueueOptions {
  readonly database: DatabaseSync
  readonly path: string
  /** How long writes wait for other processes' to end before they fail with `LOCKED`. */
  readonly busyTimeoutMs: number
  /** How long a transaction may take before what is left waits for the next one. */
  readonly sliceMs: number
}

type Kind = 'read' | 'writeOne' | 'writeMany'

interface Job {
  readonly kind: Kind
  readonly writes: boolean
  readonly signal: AbortSignal | undefined
  /** Does the work; returns what settles its promise once the transaction has ended. */
  run(): () => void
  reject(error: unknown): void
  /** Has met another process's lock and waits for it to go. */
  held?: boolean
}

/** Work in one turn of the event loop, after which everybody waits for the next. */
const TURN_MS = 0.5
const MAX_BUSY_DELAY_MS = 20

export function createWorkQueue({ database, path, busyTimeoutMs, sliceMs }: WorkQueueOptions): WorkQueue {
  let queue: Job[] = []
  let scheduled = false
  /** Work in this turn of the event loop, in milliseconds. */
  let spent = 0
  let turnPending = false
  /** Whether the last thing that was read has reached its caller: if not, callers come in numbers. */
  let quiet = true
  /** Since when other processes keep us from writing. */
  let busySince: number | undefined
  let busyTries = 0
  let busyTimer: NodeJS.Timeout | undefined
  let draining = false
  let onIdle: (() => void) | undefined

  function read<T>(work: () => T, signal: AbortSignal | undefined): Awaitable<T> {
    if (!quiet || scheduled || queue.length > 0 || draining || spent >= TURN_MS)
      return submit('read', work, signal)
    quiet = false
    queueMicrotask(becomeQuiet)
    const start = performance.now()
    try {
      return work()
    } catch (error) {
      return isBusy(error) ? submit('read', work, signal) : Promise.reject(sqliteError(error, path))
    } finally {
      count(start)
    }
  }

  function becomeQuiet(): void {
    quiet = true
  }

  function submit<T>(kind: Kind, work: () => T, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (draining) {
        reject(new StateError('CLOSED', `SQLite file '${path}' is closed`))
        return
      }
      const run = (): (() => void) => {
        const result = work()
        return () => resolve(result)
      }
      queue.push({ kind, writes: kind !== 'read', signal, run, reject })
      schedule()
    })
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    // Past its share of this turn, `nextTurn` goes on.
    if (spent < TURN_MS) queueMicrotask(flush)
  }

  function nextTurn(): void {
    turnPending = false
    spent = 0
    if (scheduled) flush()
  }

  /** Counts the work since `start` to this turn's share. */
  function count(start: number): void {
    spent += performance.now() - start
    if (turnPending) return
    turnPending = true
    setImmediate(nextTurn)
  }

  function flush(): void {
    scheduled = false
    const start = performance.now()
    const jobs = takeJobs()
    if (jobs.length > 0) runAll(jobs, start)
    count(start)
    if (queue.some(isReady)) schedule()
    else if (queue.length === 0) onIdle?.()
  }

  /** While another process writes, our writes wait and keep their order; reads go on. */
  const isReady = (job: Job): boolean => busyTimer === undefined || !(job.writes || job.held === true)

  function takeJobs(): Job[] {
    const ready = busyTimer === undefined ? queue : queue.filter(isReady)
    queue = busyTimer === undefined ? [] : queue.filter((job) => !isReady(job))
    return ready.filter((job) => {
      if (job.signal?.aborted !== true) return true
      job.reject(new StateError('ABORTED', 'Aborted before it was sent', { cause: job.signal.reason }))
      return false
    })
  }

  function runAll(jobs: readonly Job[], start: number): void {
    const writes = jobs.some((job) => job.writes)
    const [only] = jobs
    if (jobs.length === 1 && only !== undefined && only.kind !== 'writeMany') {
      runAlone(only)
      return
    }
    const settle: (() => void)[] = []
    try {
      database.exec(writes ? 'BEGIN IMMEDIATE' : 'BEGIN')
    } catch (error) {
      if (!isBusy(error)) {
        for (const job of jobs) job.reject(sqliteError(error, path))
        return
      }
      waitForOthers(
        jobs.filter((job) => job.writes),
        error,
      )
      const reads = jobs.filter((job) => !job.writes)
      if (reads.length > 0) runAll(reads, start)
      return
    }
    if (writes) {
      busySince = undefined
      busyTries = 0
    }
    let done = 0
    for (const job of jobs) {
      try {
        settle.push(job.run())
      } catch (error) {
        if (!isStateError(error) && jobs.length > 1) {
          // SQLite failed, and may have taken the others' work back: each for itself now.
          rollBack()
          for (const one of jobs) runAll([one], start)
          return
        }
        if (!isStateError(error)) {
          rollBack()
          job.reject(sqliteError(error, path))
          return
        }
        settle.push(() => job.reject(error))
      }
      done++
      if (done < jobs.length && performance.now() - start > sliceMs) break
    }
    if (done < jobs.length) queue = [...jobs.slice(done), ...queue]
    if (!commit(jobs.slice(0, done))) return
    for (const one of settle) one()
  }

  /** A single statement needs no transaction around it. */
  function runAlone(job: Job): void {
    try {
      const settle = job.run()
      if (job.writes) {
        busySince = undefined
        busyTries = 0
      }
      settle()
    } catch (error) {
      if (isBusy(error)) waitForOthers([job], error)
      else job.reject(job.writes ? commitError(error) : sqliteError(error, path))
    }
  }

  function commit(jobs: readonly Job[]): boolean {
    try {
      database.exec('COMMIT')
      return true
    } catch (error) {
      rollBack()
      const failure = commitError(error)
      for (const job of jobs) job.reject(job.writes ? failure : sqliteError(error, path))
      return false
    }
  }

  function commitError(error: unknown): StateError {
    const known = sqliteError(error, path)
    if (known.code !== 'BACKEND_ERROR') return known
    const message = `${known.message}; the write may or may not be on the disk`
    return new StateError('OUTCOME_UNKNOWN', message, { cause: error })
  }

  function rollBack(): void {
    try {
      database.exec('ROLLBACK')
    } catch (error) {
      // After some failures SQLite has rolled back by itself, and there is nothing left to roll back.
      if (!isSqliteError(error)) throw error
    }
  }

  /** Keeps the jobs for later, or gives up on them when that has taken too long. */
  function waitForOthers(jobs: readonly Job[], error: unknown): void {
    busySince ??= performance.now()
    if (performance.now() - busySince >= busyTimeoutMs) {
      busySince = undefined
      for (const job of jobs) job.reject(sqliteError(error, path))
      return
    }
    // Behind those that wait already, which came before.
    const waiting = queue.filter(({ held }) => held === true)
    queue = [...waiting, ...jobs, ...queue.filter(({ held }) => held !== true)]
    for (const job of jobs) job.held = true
    const delay = Math.random() * Math.min(2 ** busyTries++, MAX_BUSY_DELAY_MS)
    busyTimer ??= setTimeout(() => {
      busyTimer = undefined
      schedule()
    }, delay)
  }

  return {
    read,
    writeOne: (work, signal) => submit('writeOne', work, signal),
    writeMany: (work, signal) => submit('writeMany', work, signal),
    drain() {
      draining = true
      if (queue.length === 0) return Promise.resolve()
      return new Promise((resolve) => {
        onIdle = resolve
      })
    },
  }
}

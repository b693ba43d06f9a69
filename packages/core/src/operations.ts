import { atMost } from './at-most.ts'
import type { AnyStore, Capabilities } from './capabilities.ts'
import { MAX_TIMER_MS } from './clock.ts'
import { createDeadlines, type Deadline } from './deadlines.ts'
import { asStateError, StateError } from './errors.ts'
import { isPromise } from './is-promise.ts'
import type { Limiter } from './limiter.ts'
import type { Awaitable, OperationOptions } from './store.ts'

/** Options of every operation of the service. */
export interface CallOptions {
  /** Gives up when aborted: `ABORTED`, or `OUTCOME_UNKNOWN` for a write that was sent already. */
  readonly signal?: AbortSignal
  /** Gives up after so long: `TIMEOUT`, or `OUTCOME_UNKNOWN` for a write that was sent already. */
  readonly timeoutMs?: number
}

export type OperationName =
  | 'get'
  | 'getMany'
  | 'list'
  | 'set'
  | 'delete'
  | 'write'
  | 'stats'
  | 'cleanup'
  | 'optimize'
  | 'checkHealth'

/** One store operation that ended; what metrics are made of. */
export interface OperationSample {
  readonly operation: OperationName
  readonly backend: string
  /** From the call to its end, waiting for its turn included. */
  readonly durationMs: number
  /** Present if it failed. */
  readonly error?: StateError
}

/** Which store serves now, under the name of its backend. */
export interface Route {
  readonly backend: string
  readonly store: AnyStore
  readonly capabilities: Capabilities
}

interface CallInfo {
  readonly operation: OperationName
  readonly key?: string
  /** A write that was sent and whose answer does not come in time has an unknown outcome. */
  readonly writes?: boolean
  readonly options?: CallOptions | undefined
}

export interface Call<Answer, Result> extends CallInfo {
  send(store: AnyStore, options: OperationOptions | undefined): Awaitable<Answer>
  /** Makes the result of the store's answer. */
  finish(answer: Answer): Result
}

/** Runs every operation of the service against the route: limits, deadlines, signals, metrics and errors are here. */
export interface Operations {
  run<Answer, Result>(call: Call<Answer, Result>): Promise<Result>
  readonly route: Route
  /** How many operations have been sent to a store. */
  readonly sent: number
  /** Takes effect with the next operation that is sent; resolves when all that were sent before it have settled. */
  replaceRoute(next: Route): Promise<void>
  /** Operations wait, those that were sent go on. Resolves when the last of them has settled. */
  pause(): Promise<void>
  resume(): void
  /** Refuses new calls, and waits for those in flight; for a store that never answers no longer than one operation may take. */
  close(): Promise<void>
}

export interface OperationsOptions {
  readonly route: Route
  readonly limiter: Limiter
  readonly timeoutMs: number
  /** Must not throw. */
  readonly onOperation?: ((sample: OperationSample) => void) | undefined
}

/** What ends a call that takes too long or is aborted. */
interface Watch extends Deadline {
  /** Set by who waits for what. */
  giveUp: (code: 'TIMEOUT' | 'ABORTED', reason: string) => void
  /** Of a call that has a limit of its own. */
  timer: NodeJS.Timeout | undefined
  readonly limitMs: number
  readonly signal: AbortSignal | undefined
  onAbort: (() => void) | undefined
}

/** The result of the many reads that find nothing. */
const RESOLVED = Promise.resolve(undefined)
const NO_OPTIONS: CallOptions = {}

function doNothing(): void {}

/** A route, and the operations that were sent to it and have not settled, whether or not their callers still wait. */
interface Served {
  readonly route: Route
  running: number
}

export function createOperations(options: OperationsOptions): Operations {
  const { limiter, timeoutMs, onOperation } = options
  let served: Served = { route: options.route, running: 0 }
  /** The routes before this one that have not answered everything yet. */
  const earlier = new Set<Served>()
  /** Who waits for routes, each until the last of its own is idle. */
  const waiters = new Set<{ readonly routes: Set<Served>; readonly resolve: () => void }>()
  const deadlines = createDeadlines<Watch>(timeoutMs, onTimeout)
  let closed = false
  let sent = 0

  function start<Answer, Result>(call: Call<Answer, Result>): Promise<Result> {
    if (closed) return rejected(call, new StateError('CLOSED', 'The state is closed'))
    const { signal, timeoutMs: limitMs = timeoutMs } = call.options ?? NO_OPTIONS
    if (signal?.aborted === true) return rejected(call, notSent('ABORTED', signal.reason))
    if (!(limitMs > 0)) {
      return rejected(call, new StateError('INVALID_OPTIONS', `timeoutMs must be above 0, not ${limitMs}`))
    }
    return limiter.tryEnter() ? send(call) : queue(call)
  }

  /**
   * The caller has entered the limiter. A store that answers at once costs no timer and no listener.
   *
   * @param watch of a call that has waited for its turn: its time goes on
   */
  function send<Answer, Result>(call: Call<Answer, Result>, watch?: Watch): Promise<Result> {
    const signal = call.options?.signal
    const by = served
    by.running++
    sent++
    let answer: Awaitable<Answer>
    try {
      answer = call.send(by.route.store, signal === undefined ? undefined : { signal })
    } catch (error) {
      leave(by)
      if (watch !== undefined) stopWatch(watch)
      return rejected(call, error)
    }
    if (isPromise(answer)) return pending(call, answer, by, watch ?? startWatch(call))
    leave(by)
    if (watch !== undefined) stopWatch(watch)
    try {
      const result = call.finish(answer)
      return result === undefined ? (RESOLVED as Promise<Result>) : Promise.resolve(result)
    } catch (error) {
      return rejected(call, error)
    }
  }

  function leave(by: Served): void {
    by.running--
    if (by.running === 0 && (waiters.size > 0 || earlier.size > 0)) idle(by)
    limiter.leave()
  }

  function idle(by: Served): void {
    earlier.delete(by)
    for (const waiter of waiters) {
      if (!waiter.routes.delete(by) || waiter.routes.size > 0) continue
      waiters.delete(waiter)
      waiter.resolve()
    }
  }

  /** Resolves when all operations that have been sent until now have settled, whichever route they were sent to. */
  function settled(): Promise<void> {
    const routes = new Set([...earlier, served].filter(({ running }) => running > 0))
    if (routes.size === 0) return Promise.resolve()
    return new Promise((resolve) => waiters.add({ routes, resolve }))
  }

  /** The operation keeps its place in the limiter until the store answers, also when its caller has given up. */
  function pending<Answer, Result>(
    call: Call<Answer, Result>,
    answer: PromiseLike<Answer>,
    by: Served,
    watch: Watch,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      watch.giveUp = (code, reason) => {
        reject(failure(call, call.writes === true ? outcomeUnknown(reason) : new StateError(code, reason)))
      }
      answer.then(
        (value) => {
          leave(by)
          stopWatch(watch)
          try {
            resolve(call.finish(value))
          } catch (error) {
            reject(failure(call, error))
          }
        },
        (error) => {
          leave(by)
          stopWatch(watch)
          reject(failure(call, error))
        },
      )
    })
  }

  function queue<Answer, Result>(call: Call<Answer, Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const watch = startWatch(call)
      try {
        const cancel = limiter.wait(() => resolve(send(call, watch)))
        watch.giveUp = (code, reason) => {
          cancel()
          reject(failure(call, notSent(code, reason)))
        }
      } catch (error) {
        stopWatch(watch)
        reject(failure(call, error))
      }
    })
  }

  /** Gives up when the call has taken too long or is aborted, until the watch is stopped. */
  function startWatch(call: CallInfo): Watch {
    const { signal, timeoutMs: limitMs = timeoutMs } = call.options ?? NO_OPTIONS
    const watch: Watch = {
      giveUp: doNothing,
      timer: undefined,
      limitMs,
      signal,
      onAbort: undefined,
      at: 0,
      previous: undefined,
      next: undefined,
    }
    if (limitMs === timeoutMs && limitMs <= MAX_TIMER_MS) deadlines.start(watch)
    else watch.timer = setTimeout(onTimeout, Math.min(limitMs, MAX_TIMER_MS), watch)
    if (signal !== undefined) {
      watch.onAbort = () => {
        stopWatch(watch)
        // A store that heeds the signal knows whether the write was sent, and answers first.
        setImmediate(() => watch.giveUp('ABORTED', `aborted: ${String(signal.reason)}`))
      }
      signal.addEventListener('abort', watch.onAbort, { once: true })
    }
    return watch
  }

  function stopWatch(watch: Watch): void {
    if (watch.timer === undefined) deadlines.stop(watch)
    else clearTimeout(watch.timer)
    if (watch.onAbort !== undefined) watch.signal?.removeEventListener('abort', watch.onAbort)
  }

  function onTimeout(watch: Watch): void {
    stopWatch(watch)
    watch.giveUp('TIMEOUT', `no answer within ${watch.limitMs} ms`)
  }

  async function measured<Answer, Result>(
    call: Call<Answer, Result>,
    report: (sample: OperationSample) => void,
  ): Promise<Result> {
    const sample = { operation: call.operation, backend: served.route.backend }
    const started = performance.now()
    try {
      const result = await start(call)
      report({ ...sample, durationMs: performance.now() - started })
      return result
    } catch (error) {
      report({ ...sample, durationMs: performance.now() - started, error: error as StateError })
      throw error
    }
  }

  function rejected(call: CallInfo, error: unknown): Promise<never> {
    return Promise.reject(failure(call, error))
  }

  function failure({ operation, key }: CallInfo, error: unknown): StateError {
    return asStateError(error, { backend: served.route.backend, operation, key })
  }

  return {
    run: onOperation === undefined ? start : (call) => measured(call, onOperation),
    get route() {
      return served.route
    },
    get sent() {
      return sent
    },
    replaceRoute(next) {
      const all = settled()
      if (served.running > 0) earlier.add(served)
      served = { route: next, running: 0 }
      return all
    },
    pause() {
      limiter.pause()
      return settled()
    },
    resume: () => limiter.resume(),
    async close() {
      closed = true
      await atMost(timeoutMs, limiter.idle())
    },
  }
}

function notSent(code: 'TIMEOUT' | 'ABORTED', reason: unknown): StateError {
  return new StateError(code, `Not sent: ${String(reason)}`, { cause: reason })
}

function outcomeUnknown(reason: string): StateError {
  return new StateError(
    'OUTCOME_UNKNOWN',
    `The write was sent, and may or may not have been applied: ${reason}`,
  )
}

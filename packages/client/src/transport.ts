import { isStateError, StateError } from '@switchyard/core'
import type { Call } from './call.ts'
import { type Deadline, startDeadline } from './deadline.ts'
import type { Settings } from './options.ts'
import { problemError, readProblem, strangeAnswer } from './problem.ts'

/** An answer that is no problem. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array<ArrayBuffer>
}

/** Sends requests: deadlines, repetitions and errors are here. */
export interface Transport {
  readonly timeoutMs: number
  /** Undefined if the server says that it, the key or what the path names, is not there. */
  find(call: Call): Promise<Answer | undefined>
  /** @throws StateError `INVALID_OPTIONS` where {@link find} finds nothing */
  answer(call: Call): Promise<Answer>
  /** The JSON document that the answer is. */
  json<T>(call: Call): Promise<T>
  /**
   * Opens an answer without an end of its own: its parts as they come. Leave the loop or abort the signal to end it.
   *
   * @param idleMs without any part for so long it fails with `TIMEOUT`
   */
  stream(call: Call, idleMs: number): Promise<AsyncGenerator<Uint8Array, void>>
}

/** An attempt that failed. */
interface Failed {
  readonly error: StateError
  /** It may be repeated. */
  readonly again: boolean
  /** Not before so long. */
  readonly afterMs: number
}

const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 5000

/** Failures of a connection that was never made. */
const NEVER_SENT: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const utf8 = new TextDecoder()

export function createTransport({ url, headers, fetch, timeoutMs, retries }: Settings): Transport {
  function request({ method, path, headers: own, body }: Call, { signal }: Deadline): Promise<Response> {
    return fetch(url + path, {
      method,
      headers: { ...headers, ...own },
      signal,
      // A redirected POST would become a GET, and a cached value is an old one.
      redirect: 'manual',
      cache: 'no-store',
      ...(body === undefined ? {} : { body }),
    })
  }

  async function attempt<T>(
    call: Call,
    deadline: Deadline,
    read: (response: Response) => Promise<T>,
  ): Promise<{ readonly result: T | undefined } | Failed> {
    try {
      const response = await request(call, deadline)
      if (response.ok || response.status === 304) return { result: await read(response) }
      const problem = await readProblem(response)
      if (problem?.code === 'NOT_FOUND') return { result: undefined }
      const error = problem === undefined ? strangeAnswer(response, call) : problemError(problem, call)
      return { error, ...repetition(response, error, call) }
    } catch (cause) {
      if (isStateError(cause)) return { error: cause, again: false, afterMs: 0 }
      const error = lost(cause, call, deadline)
      return { error, again: deadline.ended === undefined && error.code === 'UNAVAILABLE', afterMs: 0 }
    }
  }

  /** Repeats what may be repeated while there is time. */
  async function run<T>(
    call: Call,
    deadline: Deadline,
    read: (response: Response) => Promise<T>,
  ): Promise<T | undefined> {
    deadline.check()
    for (let count = 0; ; count++) {
      const outcome = await attempt(call, deadline, read)
      if ('result' in outcome) return outcome.result
      const { error, again, afterMs } = outcome
      const delayMs = afterMs + backoff(count)
      if (!again || count >= retries || delayMs >= deadline.leftMs) throw error
      await deadline.sleep(delayMs)
    }
  }

  async function find(call: Call): Promise<Answer | undefined> {
    const { signal, timeoutMs: ownMs = timeoutMs } = call.options ?? {}
    const deadline = startDeadline(ownMs, signal)
    try {
      return await run(call, deadline, async (response) => ({
        status: response.status,
        headers: response.headers,
        body: new Uint8Array(await response.arrayBuffer()),
      }))
    } finally {
      deadline.stop()
    }
  }

  async function answer(call: Call): Promise<Answer> {
    return (await find(call)) ?? unknown(call)
  }

  async function* parts(
    call: Call,
    { body }: Response,
    deadline: Deadline,
    idleMs: number,
  ): AsyncGenerator<Uint8Array, void> {
    const reader = body?.getReader()
    try {
      while (reader !== undefined) {
        deadline.restart(idleMs)
        const { value, done } = await reader.read()
        if (done) return
        // What its reader does with it takes as long as it takes.
        deadline.restart(Number.POSITIVE_INFINITY)
        deadline.check()
        yield value
      }
    } catch (cause) {
      throw isStateError(cause) ? cause : lost(cause, call, deadline)
    } finally {
      deadline.cancel()
    }
  }

  return {
    timeoutMs,
    find,
    answer,
    json: async (call) => parseJson(await answer(call), call),
    async stream(call, idleMs) {
      const { signal, timeoutMs: ownMs = timeoutMs } = call.options ?? {}
      const deadline = startDeadline(ownMs, signal)
      try {
        const response = await run(call, deadline, async (opened) => opened)
        return parts(call, response ?? unknown(call), deadline, idleMs)
      } catch (error) {
        deadline.cancel()
        throw error
      }
    },
  }
}

function unknown(call: Call): never {
  throw new StateError('INVALID_OPTIONS', 'The server does not know what was asked for', call)
}

/** @throws StateError `BACKEND_ERROR` for what the server does not answer with. */
export function parseJson<T>({ body, headers }: Pick<Answer, 'body' | 'headers'>, call: Call): T {
  try {
    if (headers.get('content-type')?.startsWith('application/json') === true)
      return JSON.parse(utf8.decode(body))
  } catch {
    // Told below.
  }
  const message = 'The answer is not JSON: something else than a Switchyard server answers at this URL'
  throw new StateError('BACKEND_ERROR', message, call)
}

function repetition(
  { status, headers }: Response,
  { notApplied, code }: StateError,
  { writes }: Call,
): Pick<Failed, 'again' | 'afterMs'> {
  const refused = (status === 429 || status === 503) && code !== 'OUTCOME_UNKNOWN' && notApplied === undefined
  return { again: refused || (!writes && code === 'UNAVAILABLE'), afterMs: retryAfterMs(headers) }
}

/** Seconds, or a date. */
function retryAfterMs(headers: Headers): number {
  const text = headers.get('retry-after')
  if (text === null) return 0
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  // What is no date is as good as nothing.
  return Math.max(ms, 0) || 0
}

export function backoff(count: number): number {
  return Math.random() * Math.min(FIRST_DELAY_MS * 2 ** count, MAX_DELAY_MS)
}

/** The error of a request that no answer came to. */
function lost(cause: unknown, { operation, key, writes }: Call, { ended, reason }: Deadline): StateError {
  const why = ended === undefined ? reasonOf(cause) : reason
  const details = { operation, key, cause }
  if (writes && !wasNeverSent(cause)) {
    const message = `The write was sent, and may or may not have been applied: ${why}`
    return new StateError('OUTCOME_UNKNOWN', message, details)
  }
  if (ended !== undefined) return new StateError(ended, why, details)
  return new StateError('UNAVAILABLE', `The server cannot be reached: ${why}`, details)
}

/** Fetch says in `cause` what happened, where it says so at all. */
function reasonOf(error: unknown): string {
  const { message, cause } = Object(error) as { readonly message?: string; readonly cause?: unknown }
  const deeper = Object(cause) as { readonly message?: string; readonly code?: string }
  return [message ?? String(error), deeper.message || deeper.code].filter(Boolean).join(': ')
}

function wasNeverSent(error: unknown): boolean {
  const { code, cause, errors } = Object(error) as {
    readonly code?: unknown
    readonly cause?: unknown
    readonly errors?: readonly unknown[]
  }
  if (NEVER_SENT.has(code)) return true
  if (errors !== undefined && errors.length > 0) return errors.every(wasNeverSent)
  return cause !== undefined && wasNeverSent(cause)
}

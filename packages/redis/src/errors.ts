import { isStateError, StateError } from '@switchyard/core'
import { FENCED } from './scripts.ts'

/** The first word of an error reply, and what it means. None of these was applied. */
const REPLIES: readonly (readonly [
  words: readonly string[],
  code: 'FULL' | 'READ_ONLY' | 'UNAVAILABLE',
  why: string,
])[] = [
  [['OOM'], 'FULL', 'Redis has reached its maxmemory'],
  [['MISCONF'], 'READ_ONLY', 'Redis refuses writes because it cannot save to disk'],
  [['READONLY'], 'UNAVAILABLE', 'Redis is a replica now; a fail-over may be under way'],
  [['LOADING'], 'UNAVAILABLE', 'Redis is loading its data'],
  [['BUSY'], 'UNAVAILABLE', 'Redis is busy running a script'],
  [
    ['CLUSTERDOWN', 'MASTERDOWN', 'TRYAGAIN', 'MOVED', 'ASK', 'NOREPLICAS'],
    'UNAVAILABLE',
    'part of Redis is down or moving',
  ],
  [[FENCED], 'UNAVAILABLE', 'this part of the data is being moved to another backend'],
]

/** Errors of the client for commands that it did not send. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'ClientOfflineError',
  'ClientClosedError',
  'RootNodesUnavailableError',
])

/** An error of Redis: it answered. Anything else is an error on the way. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && /^(ErrorReply|SimpleError|BlobError)$/.test(error.constructor.name)
}

/** The server does not let this user in, and will not do so later. */
export function isRefusal(error: unknown): error is Error {
  return isReply(error) && /^(NOAUTH|WRONGPASS|NOPERM)\b/.test(error.message)
}

/** What went wrong with a command, in the project's terms. A write that was sent and not answered may have been applied. */
export function redisError(error: unknown, kind: 'read' | 'write'): StateError {
  if (isStateError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  if (isReply(error)) {
    const word = reason.split(' ', 1)[0] as string
    const [, code, why] = REPLIES.find(([words]) => words.includes(word)) ?? []
    if (code !== undefined) return new StateError(code, `${why}: ${reason}`, { cause: error })
    if (isRefusal(error)) {
      const message = `Redis refuses this user: ${reason}; it needs the commands and keys that the README names`
      return new StateError('BACKEND_ERROR', message, { cause: error })
    }
    return new StateError('BACKEND_ERROR', `Redis answered: ${reason}`, { cause: error })
  }
  const sent = !(error instanceof Error && NOT_SENT.has(error.constructor.name))
  if (kind === 'write' && sent) {
    const message = `The connection to Redis was lost before it answered, so the write may or may not have been applied: ${reason}`
    return new StateError('OUTCOME_UNKNOWN', message, { cause: error })
  }
  return unavailable(reason, error)
}

export function unavailable(reason: string, cause?: unknown): StateError {
  return new StateError('UNAVAILABLE', `Redis cannot be reached: ${reason}`, { cause })
}

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

/** What the client says of commands that it did not send. Its classes are not exported, and bundlers rename them. */
const NOT_SENT: ReadonlySet<string> = new Set([
  'The client is offline',
  'The client is closed',
  'Cluster closed',
  'All the root nodes are unavailable',
  'Connection timeout',
])

/** An error of Redis, which starts with a word in capitals: it answered. Anything else is an error on the way. */
export function isReply(error: unknown): error is Error {
  return error instanceof Error && !('code' in error) && /^[A-Z][A-Z0-9_]+( |$)/.test(error.message)
}

/** Certain only of what failed as the connection was being made. */
function wasNotSent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  // The client trips over a connection that is ended while it is being made, and over the slots of a cluster that is closed.
  if (error instanceof TypeError) return true
  // Of all addresses of a host.
  if (error instanceof AggregateError) return error.errors.every(wasNotSent)
  const { syscall } = error as NodeJS.ErrnoException
  return syscall === 'connect' || syscall === 'getaddrinfo' || NOT_SENT.has(error.message)
}

/** The server, or one of several nodes, does not let this user in, and will not do so later. */
export function isRefusal(error: unknown): error is Error {
  if (error instanceof AggregateError) return error.errors.some(isRefusal)
  return isReply(error) && /^(NOAUTH|WRONGPASS|NOPERM)\b/.test(error.message)
}

/** Of one node among several. */
export interface NodeFailure {
  /** Its address. */
  readonly node: string
  readonly error: unknown
}

/** What says of each node why. */
export function nodesFailure(failures: readonly NodeFailure[]): AggregateError {
  const reasons = failures.map(({ node, error }) => `${node}: ${reasonOf(error)}`)
  return new AggregateError(
    failures.map(({ error }) => error),
    reasons.join('; '),
  )
}

/** That of all addresses of a host has no text of its own. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.message === '' && error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error.message
}

/** What went wrong with a command, in the project's terms. A write that was sent and not answered may have been applied. */
export function redisError(error: unknown, kind: 'read' | 'write'): StateError {
  if (isStateError(error)) return error
  const reason = reasonOf(error)
  if (isRefusal(error)) {
    const message = `Redis refuses this user: ${reason}; it needs the commands and keys that the README names`
    return new StateError('FORBIDDEN', message, { cause: error })
  }
  if (isReply(error)) {
    const word = reason.split(' ', 1)[0] as string
    const [, code, why] = REPLIES.find(([words]) => words.includes(word)) ?? []
    if (code !== undefined) return new StateError(code, `${why}: ${reason}`, { cause: error })
    return new StateError('BACKEND_ERROR', `Redis answered: ${reason}`, { cause: error })
  }
  if (kind === 'write' && !wasNotSent(error)) {
    const message = `The connection to Redis was lost before it answered, so the write may or may not have been applied: ${reason}`
    return new StateError('OUTCOME_UNKNOWN', message, { cause: error })
  }
  return unavailable(reason, error)
}

export function unavailable(reason: string, cause?: unknown): StateError {
  return new StateError('UNAVAILABLE', `Redis cannot be reached: ${reason}`, { cause })
}

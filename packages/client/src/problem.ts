import { StateError, type StateErrorCode } from '@switchyard/core'
import type { Call } from './call.ts'

/** What the client reads of a problem document (RFC 9457). */
export interface Problem {
  readonly code: string
  readonly detail: string
  readonly key?: string
  readonly notApplied?: readonly string[]
}

/** Codes of the server that are about a request, or mean something else to who asked from outside. */
const TRANSLATED: Readonly<Record<string, StateErrorCode>> = {
  BAD_REQUEST: 'INVALID_OPTIONS',
  MALFORMED_JSON: 'INVALID_VALUE',
  UNAUTHENTICATED: 'FORBIDDEN',
  MISDIRECTED: 'INVALID_OPTIONS',
  NOT_FOUND: 'INVALID_OPTIONS',
  ROUTE_NOT_FOUND: 'NOT_SUPPORTED',
  METHOD_NOT_ALLOWED: 'NOT_SUPPORTED',
  CROSS_ORIGIN: 'NOT_SUPPORTED',
  UPGRADE_REQUIRED: 'NOT_SUPPORTED',
  REQUEST_TIMEOUT: 'TIMEOUT',
  RATE_LIMITED: 'OVERLOADED',
  PAYLOAD_TOO_LARGE: 'INVALID_VALUE',
  UNSUPPORTED_MEDIA_TYPE: 'INVALID_VALUE',
  EXPECTATION_FAILED: 'INVALID_OPTIONS',
  HEADERS_TOO_LARGE: 'INVALID_OPTIONS',
  IDEMPOTENCY_KEY_REUSED: 'INVALID_OPTIONS',
  IDEMPOTENCY_KEY_IN_USE: 'CONFLICT',
  NOT_READY: 'UNAVAILABLE',
  AUDIT_UNAVAILABLE: 'UNAVAILABLE',
  MAINTENANCE: 'UNAVAILABLE',
  CLOSED: 'UNAVAILABLE',
  ABORTED: 'UNAVAILABLE',
  INTERNAL: 'BACKEND_ERROR',
}

/** The problem that an answer tells of; undefined if it comes from something else than the server. */
export async function readProblem(response: Response): Promise<Problem | undefined> {
  if (response.headers.get('content-type')?.startsWith('application/problem+json') !== true) return undefined
  const problem = (await response.json()) as Partial<Problem>
  return typeof problem.code === 'string'
    ? { ...problem, code: problem.code, detail: String(problem.detail) }
    : undefined
}

export function problemError({ code, detail, key, notApplied }: Problem, { operation }: Call): StateError {
  return new StateError(TRANSLATED[code] ?? (code as StateErrorCode), detail, { operation, key, notApplied })
}

/** The error of an answer without a problem: a proxy's, say, or of a server that is none of ours. */
export function strangeAnswer({ status, headers }: Response, { operation, key, writes }: Call): StateError {
  const details = { operation, key }
  const where = headers.get('location')
  if (status >= 300 && status < 400) {
    const message = `The server redirects to ${where ?? 'somewhere'} (${status}); give the URL where it is`
    return new StateError('BACKEND_ERROR', message, details)
  }
  const answered = `Something in the place of the server answered ${status}`
  if (status === 429) return new StateError('OVERLOADED', answered, details)
  if (status >= 502 && status <= 504) {
    // A proxy that says when to come back has not passed the request on; others may have lost the answer to it.
    return writes && !(status === 503 && headers.has('retry-after'))
      ? new StateError('OUTCOME_UNKNOWN', `${answered}; the write may or may not have been applied`, details)
      : new StateError('UNAVAILABLE', answered, details)
  }
  return new StateError('BACKEND_ERROR', `${answered}; check the URL and the token`, details)
}

import type { StateErrorCode } from '@switchyard/core'

/** What can be wrong with a request before any backend is asked. */
export type RequestErrorCode =
  | 'BAD_REQUEST'
  | 'MALFORMED_JSON'
  | 'NOT_FOUND'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'CROSS_ORIGIN'
  | 'MISDIRECTED'
  | 'RATE_LIMITED'
  | 'AUDIT_UNAVAILABLE'
  | 'REQUEST_TIMEOUT'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'EXPECTATION_FAILED'
  | 'UPGRADE_REQUIRED'
  | 'IDEMPOTENCY_KEY_REUSED'
  | 'IDEMPOTENCY_KEY_IN_USE'
  | 'HEADERS_TOO_LARGE'
  | 'MAINTENANCE'
  | 'NOT_READY'
  | 'OUTCOME_UNKNOWN'
  | 'INTERNAL'

export type ProblemCode = StateErrorCode | RequestErrorCode

export interface ProblemType {
  readonly status: number
  readonly title: string
}

/** Every code that the server answers with. Codes are API, titles are not. */
export const PROBLEM_TYPES: Readonly<Record<ProblemCode, ProblemType>> = {
  BAD_REQUEST: { status: 400, title: 'The request makes no sense' },
  MALFORMED_JSON: { status: 400, title: 'The body is not JSON that can be kept' },
  INVALID_KEY: { status: 400, title: 'The key is not a legal one' },
  INVALID_TTL: { status: 400, title: 'The TTL is not a time to live' },
  INVALID_OPTIONS: { status: 400, title: 'The parameters contradict each other' },
  NOT_SERIALIZABLE: { status: 400, title: 'The value would not come back as it is' },
  UNAUTHENTICATED: { status: 401, title: 'It takes a valid token' },
  FORBIDDEN: { status: 403, title: 'The token does not allow this' },
  CROSS_ORIGIN: { status: 403, title: "Another site's page must not do this" },
  READ_ONLY: { status: 403, title: 'The backend is read-only' },
  NOT_FOUND: { status: 404, title: 'It is not there' },
  ROUTE_NOT_FOUND: { status: 404, title: 'There is no such route' },
  UNKNOWN_BACKEND: { status: 404, title: 'There is no such backend' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route has no such method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request did not arrive in time' },
  CONFLICT: { status: 409, title: 'A condition does not hold' },
  CODEC_MISMATCH: { status: 409, title: 'The value was written with a codec that the server does not read' },
  BACKEND_IN_USE: { status: 409, title: 'The backend is in use' },
  IDEMPOTENCY_KEY_IN_USE: { status: 409, title: 'The request is being carried out' },
  PAYLOAD_TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The content type does not fit' },
  EXPECTATION_FAILED: { status: 417, title: 'The expectation is not a known one' },
  MISDIRECTED: { status: 421, title: 'The request is for another server' },
  INVALID_VALUE: { status: 422, title: 'The value does not allow this' },
  RATE_LIMITED: { status: 429, title: 'Too many requests' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, title: 'The key belongs to another request' },
  UPGRADE_REQUIRED: { status: 426, title: 'The route is a WebSocket' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The request line and headers are too large' },
  BACKEND_ERROR: { status: 500, title: 'The backend failed' },
  CORRUPT: { status: 500, title: 'The stored data is damaged' },
  INCOMPATIBLE: { status: 500, title: 'The stored data has another format' },
  INVALID_PLUGIN: { status: 500, title: 'The plugin does not do what it declares' },
  INTERNAL: { status: 500, title: 'The server failed' },
  NOT_SUPPORTED: { status: 501, title: 'The backend cannot do this' },
  AUDIT_UNAVAILABLE: { status: 503, title: 'The audit log cannot be written' },
  MAINTENANCE: { status: 503, title: 'Nothing can be written for now' },
  NOT_READY: { status: 503, title: 'The server is not ready' },
  OVERLOADED: { status: 503, title: 'Too much is going on' },
  UNAVAILABLE: { status: 503, title: 'The backend cannot be reached' },
  LOCKED: { status: 503, title: 'Another process holds the backend' },
  ABORTED: { status: 503, title: 'The operation was given up; nothing was changed' },
  LAGGED: { status: 503, title: 'The reader is too slow' },
  CLOSED: { status: 503, title: 'The server is stopping' },
  TIMEOUT: { status: 504, title: 'The backend did not answer in time; nothing was changed' },
  OUTCOME_UNKNOWN: { status: 504, title: 'The write may or may not have been applied' },
  FULL: { status: 507, title: 'The storage is full' },
}

import { isStateError, type StateErrorCode } from '@switchyard/core'
import { PROBLEM_TYPES, type ProblemCode } from './problem-types.ts'
import { RequestError } from './request-error.ts'

/** A problem document of RFC 9457. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ProblemCode
  /** Of the request; its lines in the log have it as well. */
  readonly requestId?: string
  readonly key?: string
  /** Of a batch that is not atomic: the keys whose operations were not applied. */
  readonly notApplied?: readonly string[]
}

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

export function createProblem(code: ProblemCode, detail: string, status?: number): Problem {
  const { status: usual, title } = PROBLEM_TYPES[code]
  const type = `urn:switchyard:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return { type, title, status: status ?? usual, detail, code }
}

/** Codes of backends in trouble: what they say has addresses and paths in it. */
const OF_BACKENDS: ReadonlySet<StateErrorCode> = new Set([
  'BACKEND_ERROR',
  'CORRUPT',
  'FORBIDDEN',
  'FULL',
  'INCOMPATIBLE',
  'INVALID_PLUGIN',
  'LOCKED',
  'OUTCOME_UNKNOWN',
  'READ_ONLY',
  'TIMEOUT',
  'UNAVAILABLE',
])

/** Whether what the error says is for administrators only. */
export function isConfidential(error: unknown): boolean {
  return isStateError(error) && OF_BACKENDS.has(error.code)
}

/** The problem as those are told who are not administrators. */
export function withoutDetail(problem: Problem): Problem {
  return { ...problem, detail: `${problem.title}; the log of the server says why` }
}

/**
 * What administrators are told about an error. Of one that nobody foresaw they learn nothing but that.
 *
 * @param hasPrecondition whether the request carried If-Match or If-None-Match
 */
export function problemOf(error: unknown, hasPrecondition: boolean): Problem {
  if (error instanceof RequestError) return withKey(createProblem(error.code, error.message), error.key)
  if (isStateError(error)) {
    // It is the server that the backend does not let in, not who asks.
    const code = error.code === 'FORBIDDEN' ? 'BACKEND_ERROR' : error.code
    const status = error.code === 'CONFLICT' && hasPrecondition ? 412 : undefined
    const problem = withKey(createProblem(code, error.message, status), error.key)
    return error.notApplied === undefined ? problem : { ...problem, notApplied: error.notApplied }
  }
  return frameworkProblem(error) ?? createProblem('INTERNAL', 'The server failed; its log says why')
}

function withKey(problem: Problem, key: string | undefined): Problem {
  return key === undefined ? problem : { ...problem, key }
}

const FRAMEWORK_CODES: ReadonlyMap<string, ProblemCode> = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'UNSUPPORTED_MEDIA_TYPE'],
])

/** What Fastify itself refuses: its errors carry a status. */
function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined
  const { statusCode = 500, code = '' } = error as { readonly statusCode?: number; readonly code?: string }
  if (statusCode < 400 || statusCode >= 500) return undefined
  return createProblem(FRAMEWORK_CODES.get(code) ?? 'BAD_REQUEST', error.message)
}

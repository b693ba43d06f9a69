import { ApiError } from './api-error.ts'
import { noteServerTime } from './server-clock.ts'
import { csrfToken, sessionEnded } from './session-token.ts'

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is; `headers` say what it is. */
  readonly body?: string
  readonly signal?: AbortSignal | undefined
  /** Default 30,000. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 30_000

/** The URL of a key's value, relative to the page as all URLs here. */
export function valueUrl(key: string): string {
  return `v1/state/${encodeURIComponent(key)}`
}

/** @throws ApiError */
export async function request(
  method: string,
  path: string,
  { headers = {}, json, body, signal, timeoutMs = TIMEOUT_MS }: RequestOptions = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const csrf = method === 'GET' ? undefined : csrfToken()
  let response: Response
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headers: {
        accept: 'application/json',
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(csrf !== undefined && { 'x-csrf-token': csrf }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(body !== undefined && { body }),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    if (timeout.aborted) throw new ApiError(0, 'TIMEOUT', 'The server did not answer in time.')
    throw new ApiError(0, 'UNREACHABLE', 'The server cannot be reached.')
  }
  noteServerTime(response.headers)
  if (response.ok) return response
  const error = await errorOf(response)
  if (error.status === 401) sessionEnded()
  throw error
}

/** @throws ApiError */
export async function requestJson<T>(method: string, path: string, options?: RequestOptions): Promise<T> {
  return (await request(method, path, options)).json()
}

interface Problem {
  readonly code?: string
  readonly detail?: string
  readonly title?: string
  readonly requestId?: string
}

async function errorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  const text = await response.text().catch(() => '')
  try {
    const { code, detail, title, requestId: id } = JSON.parse(text) as Problem
    const message = detail ?? title ?? response.statusText
    return new ApiError(response.status, code ?? `HTTP_${response.status}`, message, id ?? requestId)
  } catch {
    const message = `The answer is not one of Switchyard's: ${response.status} ${response.statusText}`
    return new ApiError(response.status, `HTTP_${response.status}`, message, requestId)
  }
}

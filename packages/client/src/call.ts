import { type CallOptions, StateError, type StateErrorCode } from '@switchyard/core'

/** One request. */
export interface Call {
  /** In errors. */
  readonly operation: string
  readonly key?: string | undefined
  readonly method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** With the query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** If no answer comes its outcome is unknown, and it is not sent again. */
  readonly writes: boolean
  readonly options?: CallOptions | undefined
}

const JSON_HEADERS = { 'content-type': 'application/json' }

/** A POST of a JSON document. */
export function post(
  operation: string,
  path: string,
  document: unknown,
  { writes, options }: Pick<Call, 'writes' | 'options'>,
): Call {
  return {
    operation,
    method: 'POST',
    path,
    headers: JSON_HEADERS,
    body: JSON.stringify(document),
    writes,
    options,
  }
}

/** @throws StateError with the code for text that no URL can hold, as it is not well-formed */
export function inUrl(text: string, code: StateErrorCode = 'INVALID_OPTIONS'): string {
  if (text.isWellFormed()) return encodeURIComponent(text)
  throw new StateError(code, `${JSON.stringify(text)} must be well-formed text`)
}

/** @throws StateError as {@link inUrl} */
export function query(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined)
  const text = given
    .map(([name, value]) => `${name}=${inUrl(String(value), name === 'prefix' ? 'INVALID_KEY' : undefined)}`)
    .join('&')
  return text === '' ? '' : `?${text}`
}

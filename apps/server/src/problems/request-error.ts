import type { RequestErrorCode } from './problem-types.ts'

export interface RequestErrorDetails {
  readonly key?: string
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A request that is answered with a problem document. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly code: RequestErrorCode
  readonly key: string | undefined
  readonly headers: Readonly<Record<string, string>>

  constructor(code: RequestErrorCode, detail: string, { key, headers = {} }: RequestErrorDetails = {}) {
    super(detail)
    this.code = code
    this.key = key
    this.headers = headers
  }
}

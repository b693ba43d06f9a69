/** What the server says that was wrong, or that it could not be asked. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** 0 if no answer came. */
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined

  constructor(status: number, code: string, message: string, requestId?: string) {
    super(message)
    this.status = status
    this.code = code
    this.requestId = requestId
  }
}

/** An older server has no such route, or does not keep what was asked for. */
export function isUnavailable(error: ApiError): boolean {
  return ['ROUTE_NOT_FOUND', 'METHOD_NOT_ALLOWED'].includes(error.code)
}

/** A condition such as If-Match does not hold any more. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'CONSOLE_ERROR', error instanceof Error ? error.message : String(error))
}

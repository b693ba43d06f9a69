import type { ComponentChildren, JSX } from 'preact'
import { type ApiError, isUnavailable } from '../api/api-error.ts'
import type { Loaded } from '../data/poll.ts'
import { Notice } from './notice.tsx'

export function Loading({ label }: { readonly label: string }): JSX.Element {
  return (
    <p class="state loading" role="status">
      {label}…
    </p>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="state">{children}</p>
}

export interface FailureProps {
  readonly error: ApiError
  readonly what: string
  readonly retry?: () => unknown
}

/** What went wrong, in the server's words, and what can be done. */
export function Failure({ error, what, retry }: FailureProps): JSX.Element {
  if (isUnavailable(error)) return <Empty>Not available on this server: it has no {what}.</Empty>
  return (
    <Notice
      kind="danger"
      title={error.status === 403 ? `You may not see the ${what}` : `The ${what} could not be loaded`}
      actions={
        retry !== undefined && (
          <button type="button" onClick={() => void retry()}>
            Try again
          </button>
        )
      }
    >
      {error.message} <code>{error.code}</code>
      {error.requestId !== undefined && <> in request {error.requestId}</>}
    </Notice>
  )
}

export interface WhenLoadedProps<T> {
  readonly loaded: Loaded<T>
  /** What it is, in the plural or as a mass: 'backends'. */
  readonly what: string
  readonly children: (value: T) => ComponentChildren
}

/** The value, or why there is none yet; beside an old value, that it is old. */
export function WhenLoaded<T>({ loaded, what, children }: WhenLoadedProps<T>): JSX.Element {
  const { value, error, refresh } = loaded
  if (value === undefined) {
    return error === undefined ? (
      <Loading label={`Loading ${what}`} />
    ) : (
      <Failure {...{ error, what }} retry={refresh} />
    )
  }
  return (
    <>
      {error !== undefined && (
        <Notice kind="warning" title="These are not the latest figures">
          {error.message}
        </Notice>
      )}
      {children(value)}
    </>
  )
}

import type { JSX } from 'preact'
import type { ApiError } from '../api/api-error.ts'
import { Notice } from './notice.tsx'

export interface ActionErrorProps {
  readonly error: ApiError | undefined
  /** 'Not saved'. */
  readonly title: string
}

/** Why something that was asked for was not done; nothing if all is well. */
export function ActionError({ error, title }: ActionErrorProps): JSX.Element | null {
  if (error === undefined) return null
  return (
    <Notice kind="danger" {...{ title }}>
      {error.message} <code>{error.code}</code>
    </Notice>
  )
}

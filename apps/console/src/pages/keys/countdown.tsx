import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { serverNow } from '../../api/server-clock.ts'
import { formatDuration, formatInstant } from '../../text/format.ts'

export interface CountdownProps {
  /** Unix ms by the server's clock; undefined: never. */
  readonly expiresAt: number | undefined
  readonly onExpired: () => void
}

/** How long an entry has to live. */
export function Countdown({ expiresAt, onExpired }: CountdownProps): JSX.Element {
  const [now, setNow] = useState(serverNow)
  const isOver = expiresAt !== undefined && now >= expiresAt
  useEffect(() => {
    if (expiresAt === undefined) return undefined
    setNow(serverNow())
    const timer = setInterval(() => setNow(serverNow()), 500)
    return () => clearInterval(timer)
  }, [expiresAt])
  useEffect(() => {
    if (isOver) onExpired()
  }, [isOver])
  if (expiresAt === undefined) return <>never</>
  return (
    <time dateTime={new Date(expiresAt).toISOString()} title={formatInstant(expiresAt)}>
      {isOver ? 'expired' : `in ${formatDuration(expiresAt - now)}`}
    </time>
  )
}

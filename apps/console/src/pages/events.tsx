import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Badge } from '../components/badge.tsx'
import { Notice } from '../components/notice.tsx'
import { Page } from '../components/page.tsx'
import { Panel } from '../components/panel.tsx'
import { Empty } from '../components/states.tsx'
import { type TailEvent, useTail } from '../data/tail.ts'
import { href } from '../router.ts'
import { formatExact, formatTime } from '../text/format.ts'

const KINDS = {
  set: 'accent',
  delete: 'danger',
  expire: 'warning',
  switch: 'success',
  config: 'success',
  reset: 'warning',
  lagged: 'warning',
} as const

/** Changes as they happen. */
export function EventsPage(): JSX.Element {
  const [typed, setTyped] = useState('')
  const [prefix, setPrefix] = useState('')
  const tail = useTail(prefix)
  const { events, seen, perSecond, connection, isPaused } = tail
  return (
    <Page title="Events">
      <Panel
        title="Latest events"
        aside={
          <span class="muted">
            <Badge kind={connection === 'connected' ? 'success' : 'warning'}>{connection}</Badge>{' '}
            {formatExact(perSecond)}/s, {formatExact(seen)} seen
          </span>
        }
      >
        <form
          class="prefix-form"
          onSubmit={(event) => {
            event.preventDefault()
            setPrefix(typed)
          }}
        >
          <input
            type="search"
            class="mono"
            aria-label="Prefix"
            placeholder="Only keys with this prefix"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit">Show</button>
          <button type="button" aria-pressed={isPaused} onClick={() => tail.setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </button>
          <button type="button" onClick={tail.clear}>
            Clear
          </button>
        </form>
        {connection === 'closed' && (
          <Notice
            kind="danger"
            title="The server refuses to tell of these events"
            actions={
              <button type="button" onClick={tail.reconnect}>
                Try again
              </button>
            }
          >
            The token may lack the scope watch or the prefix, or too many are listening.
          </Notice>
        )}
        {events.length === 0 ? (
          <Empty>Nothing has happened since this page was opened.</Empty>
        ) : (
          <ol class="events">
            {events.map((event) => (
              <EventLine key={event.number} {...{ event }} />
            ))}
          </ol>
        )}
      </Panel>
    </Page>
  )
}

function EventLine({ event: { at, kind, key, detail } }: { readonly event: TailEvent }): JSX.Element {
  return (
    <li>
      <time class="muted">{formatTime(at)}</time>
      <span>
        <Badge kind={KINDS[kind as keyof typeof KINDS]}>{kind}</Badge>
      </span>
      {key === undefined ? (
        <span>{detail}</span>
      ) : (
        <a class="mono" href={href('keys', { key })}>
          {key}
        </a>
      )}
    </li>
  )
}

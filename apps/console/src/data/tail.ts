import { useEffect, useRef, useState } from 'preact/hooks'
import { eventText } from '../text/event-text.ts'

export interface TailEvent {
  /** Of its own among those seen. */
  readonly number: number
  /** Unix ms. */
  readonly at: number
  /** The type of a change, or the name of another event. */
  readonly kind: string
  /** What it is about, if it is a key. */
  readonly key: string | undefined
  /** Else what the server says, in words. */
  readonly detail: string
}

export interface Tail {
  /** The newest first. */
  readonly events: readonly TailEvent[]
  readonly seen: number
  readonly perSecond: number
  /** 'closed': the server refused it. */
  readonly connection: 'connecting' | 'connected' | 'closed'
  readonly isPaused: boolean
  setPaused(isPaused: boolean): void
  clear(): void
  reconnect(): void
}

const KEPT = 200
/** Between two pictures: a busy server tells of more than anybody can read. */
const SHOW_MS = 200
const RATE_MS = 2000
const NAMES = ['change', 'switch', 'config', 'reset', 'lagged']

/** The last events of keys with the prefix. */
export function useTail(prefix: string): Tail {
  const kept = useRef<TailEvent[]>([])
  const counts = useRef<{ at: number; seen: number }[]>([])
  const seen = useRef(0)
  const [picture, setPicture] = useState<{ events: readonly TailEvent[]; seen: number; perSecond: number }>({
    events: [],
    seen: 0,
    perSecond: 0,
  })
  const [connection, setConnection] = useState<Tail['connection']>('connecting')
  const [attempt, setAttempt] = useState(0)
  const [isPaused, setPaused] = useState(false)
  const isShown = useRef(true)
  isShown.current = !isPaused

  useEffect(() => {
    const source = new EventSource(`v1/events?prefix=${encodeURIComponent(prefix)}`)
    source.addEventListener('open', () => setConnection('connected'))
    source.addEventListener('error', () =>
      setConnection(source.readyState === EventSource.CLOSED ? 'closed' : 'connecting'),
    )
    for (const name of NAMES) {
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        kept.current.push(eventOf(++seen.current, name, data))
        if (kept.current.length > KEPT * 2) kept.current.splice(0, kept.current.length - KEPT)
      })
    }
    const timer = setInterval(() => {
      const now = Date.now()
      counts.current.push({ at: now, seen: seen.current })
      while ((counts.current[0]?.at ?? now) < now - RATE_MS) counts.current.shift()
      const first = counts.current[0] ?? { at: now, seen: seen.current }
      const perSecond = Math.round(((seen.current - first.seen) * 1000) / Math.max(now - first.at, SHOW_MS))
      setPicture((before) => ({
        events: isShown.current ? kept.current.slice(-KEPT).reverse() : before.events,
        seen: seen.current,
        perSecond,
      }))
    }, SHOW_MS)
    return () => {
      source.close()
      clearInterval(timer)
      kept.current = []
      setPicture((before) => ({ ...before, events: [] }))
      setConnection('connecting')
    }
  }, [prefix, attempt])

  return {
    ...picture,
    connection,
    isPaused,
    setPaused,
    reconnect: () => setAttempt(attempt + 1),
    clear() {
      kept.current = []
      setPicture((before) => ({ ...before, events: [] }))
    },
  }
}

function eventOf(number: number, name: string, data: string): TailEvent {
  const at = Date.now()
  if (name !== 'change') return { number, at, kind: name, key: undefined, detail: eventText(name, data) }
  const { type, key } = JSON.parse(data) as { readonly type: string; readonly key: string }
  return { number, at, kind: type, key, detail: '' }
}

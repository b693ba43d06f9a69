/** Something that readers are told. */
export interface ServerEvent {
  readonly name: 'change' | 'switch' | 'config' | 'reset'
  /** Of a change: the key that it is about. */
  readonly key?: string
  /** Becomes JSON. */
  readonly data: unknown
}

/** Who reads: what it may see and wants to. */
export interface Audience {
  /** Changes to keys that start with one of these. */
  readonly prefixes: readonly string[]
  /** Events about the server itself. */
  readonly isAdmin: boolean
}

/** How events are written: to server-sent events, or to messages of a WebSocket. */
export type EventFormat = (id: string, event: Pick<ServerEvent, 'data'> & { readonly name: string }) => string

export interface LogPart {
  readonly texts: readonly string[]
  /** The position after them. */
  readonly next: number
}

/**
 * The recent events in a ring of fixed size. A position counts the events before it, and an event's id is this
 * run's name with the position after the event, so that an id says exactly what its reader has seen.
 */
export interface EventLog {
  /** The position after the newest event. */
  readonly head: number
  /** The position of the oldest event that is still here. */
  readonly tail: number
  append(event: ServerEvent): void
  /** The events from a position on that the audience sees, until about `maxLength` characters. */
  read(position: number, audience: Audience, format: EventFormat, maxLength: number): LogPart
  idOf(position: number): string
  /** Undefined if the id is of another run, or what comes after it is no longer here. */
  positionOf(id: string): number | undefined
}

interface Slot {
  readonly event: ServerEvent
  /** Made when a reader first wants it. */
  readonly texts: Map<EventFormat, string>
}

export function createEventLog(run: string, capacity: number): EventLog {
  const slots: Slot[] = []
  let head = 0

  const tail = (): number => Math.max(0, head - capacity)
  const idOf = (position: number): string => `${run}-${position}`

  return {
    get head() {
      return head
    },
    get tail() {
      return tail()
    },
    append(event) {
      slots[head++ % capacity] = { event, texts: new Map() }
    },
    read(position, audience, format, maxLength) {
      const texts: string[] = []
      let length = 0
      let next = position
      while (next < head && length < maxLength) {
        const slot = slots[next++ % capacity] as Slot
        if (!isFor(audience, slot.event)) continue
        const text = slot.texts.get(format) ?? format(idOf(next), slot.event)
        slot.texts.set(format, text)
        texts.push(text)
        length += text.length
      }
      return { texts, next }
    },
    idOf,
    positionOf(id) {
      const split = id.lastIndexOf('-')
      const digits = id.slice(split + 1)
      if (id.slice(0, split) !== run || !/^\d{1,15}$/.test(digits)) return undefined
      const position = Number(digits)
      return position >= tail() && position <= head ? position : undefined
    },
  }
}

function isFor({ prefixes, isAdmin }: Audience, { name, key }: ServerEvent): boolean {
  if (key === undefined) return isAdmin || name === 'reset'
  return prefixes.some((prefix) => key.startsWith(prefix))
}

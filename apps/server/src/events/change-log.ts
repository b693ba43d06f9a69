import type { StateChange } from '@switchyard/core'

export interface LogPart {
  /** Server-sent events, ready to send. */
  readonly text: string
  /** The position after them. */
  readonly next: number
}

/**
 * The recent changes in a ring of fixed size. A position counts the changes before it, and an event's id is this
 * run's name with the position after the event, so that an id says exactly what its reader has seen.
 */
export interface ChangeLog {
  /** The position after the newest change. */
  readonly head: number
  /** The position of the oldest change that is still here. */
  readonly tail: number
  append(change: StateChange): void
  /** The events from a position on whose keys start with the prefix, until about `maxLength` characters. */
  read(position: number, prefix: string, maxLength: number): LogPart
  idOf(position: number): string
  /** Undefined if the id is of another run, or what comes after it is no longer here. */
  positionOf(id: string): number | undefined
}

interface Slot {
  readonly change: StateChange
  /** Made when a reader first wants it. */
  text?: string
}

export function createChangeLog(run: string, capacity: number): ChangeLog {
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
    append(change) {
      slots[head++ % capacity] = { change }
    },
    read(position, prefix, maxLength) {
      let text = ''
      let next = position
      while (next < head && text.length < maxLength) {
        const slot = slots[next++ % capacity] as Slot
        if (!slot.change.key.startsWith(prefix)) continue
        slot.text ??= textOf(slot.change, idOf(next))
        text += slot.text
      }
      return { text, next }
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

function textOf({ type, key, version, expiresAt }: StateChange, id: string): string {
  return `id: ${id}\nevent: change\ndata: ${JSON.stringify({ type, key, version, expiresAt })}\n\n`
}

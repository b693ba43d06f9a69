import { type Entry, liveAt } from './entry.ts'
import { entryAfter, hasVersion, resultOf } from './operation.ts'

/**
 * What clients have seen of one key, as all the ways in which it can be explained: the entry that an ideal
 * register would hold now, and the results it has given to the operations under way. Histories are numbers; equal
 * numbers mean that no future can tell two pasts apart. 0: no explanation is left, so the history is not linearizable.
 *
 * An operation whose caller got no answer stays under way: it may have happened, or may happen later, once.
 */
export interface Histories {
  /** A key that holds `entry`. */
  begin(entry: Entry): number
  called(history: number, operation: Called, now: number): number
  returned(history: number, operation: number, result: number): number
  /** The clock has reached `now`. */
  ticked(history: number, now: number): number
  /** Whether a read at this moment may find `entry`. */
  allows(history: number, entry: Entry): boolean
  /** What a read at this moment may find. */
  entries(history: number): readonly Entry[]
}

export interface Called {
  readonly operation: number
  readonly kind: number
  /** The version of what it writes. */
  readonly version: number
  /** Of a compare-and-set. */
  readonly expected: number
}

/** The entry, then for each operation under way its result, or `NOT_YET`. */
type Explanation = readonly number[]

interface History {
  readonly underWay: readonly Called[]
  readonly explanations: readonly Explanation[]
  readonly entries: ReadonlySet<Entry>
}

const NOT_YET = -1
export const INEXPLICABLE = 0

export function createHistories(): Histories {
  const histories: History[] = [{ underWay: [], explanations: [], entries: new Set() }]
  const numbers = new Map<string, number>()
  const memory = new Map<number, number>()

  function intern(underWay: readonly Called[], explanations: Iterable<Explanation>): number {
    const sorted = [...new Map([...explanations].map((one) => [one.join(), one])).entries()].sort(
      ([a], [b]) => (a < b ? -1 : 1),
    )
    if (sorted.length === 0) return INEXPLICABLE
    const text = `${underWay.map((one) => Object.values(one).join()).join(';')}|${sorted.map(([key]) => key).join(';')}`
    const known = numbers.get(text)
    if (known !== undefined) return known
    const number = histories.length
    if (number > 0xffff) throw new RangeError('More histories than a cell of a state can number')
    const found = sorted.map(([, explanation]) => explanation)
    histories.push({
      underWay,
      explanations: found,
      entries: new Set(found.map(([entry]) => entry as Entry)),
    })
    numbers.set(text, number)
    return number
  }

  /** Lets the operations under way happen now, in every order. */
  function close(underWay: readonly Called[], explanations: readonly Explanation[], now: number): number {
    const closed = new Map(explanations.map((one) => [one.join(), one]))
    for (const explanation of closed.values()) {
      underWay.forEach(({ kind, version, expected }, i) => {
        if (explanation[i + 1] !== NOT_YET) return
        const live = explanation[0] as Entry
        const matches = hasVersion(live, expected)
        const after = explanation.with(i + 1, resultOf(kind, live, matches))
        const happened = after.with(0, entryAfter(kind, live, version, matches, now))
        // A map visits what is added while it is walked.
        closed.set(happened.join(), happened)
      })
    }
    return intern(underWay, closed.values())
  }

  function get(history: number): History {
    return histories[history] as History
  }

  /** `event` tells the events of one history apart. */
  function remembered(history: number, event: number, next: (history: History) => number): number {
    const key = history * 2 ** 24 + event
    const known = memory.get(key)
    if (known !== undefined) return known
    const number = next(get(history))
    memory.set(key, number)
    return number
  }

  return {
    begin: (entry) => intern([], [[entry]]),
    called(history, call, now) {
      const event = (1 << 22) | (call.operation << 10) | (call.kind << 7) | (call.expected << 3) | now
      return remembered(history, event, ({ underWay, explanations }) =>
        close(
          [...underWay, call],
          explanations.map((one) => [...one, NOT_YET]),
          now,
        ),
      )
    },
    returned(history, operation, result) {
      return remembered(history, (2 << 22) | (operation << 16) | result, ({ underWay, explanations }) => {
        const at = underWay.findIndex((one) => one.operation === operation)
        return intern(
          underWay.toSpliced(at, 1),
          explanations.filter((one) => one[at + 1] === result).map((one) => one.toSpliced(at + 1, 1)),
        )
      })
    },
    ticked(history, now) {
      return remembered(history, (3 << 22) | now, ({ underWay, explanations }) =>
        close(
          underWay,
          explanations.map((one) => one.with(0, liveAt(now, one[0] as Entry))),
          now,
        ),
      )
    },
    allows: (history, entry) => get(history).entries.has(entry),
    entries: (history) => [...get(history).entries],
  }
}

import { expect, test } from 'vitest'
import { ABSENT, type Entry, liveAt, makeEntry, WRITTEN_VALUE } from '../model/entry.ts'
import { createHistories, INEXPLICABLE } from '../model/history.ts'
import { entryAfter, hasVersion, KIND, type KindName, resultOf } from '../model/operation.ts'

type Event =
  | { readonly call: KindName; readonly operation: number; readonly expected?: number }
  | { readonly operation: number; readonly result: number }
  | { readonly now: number }

const FIRST = makeEntry(1)
const [OK, CONFLICT] = [1, 0]
const versionOf = (operation: number): number => 3 + operation

function isExplained(events: readonly Event[], first: Entry = FIRST): boolean {
  const histories = createHistories()
  let now = 0
  let history = histories.begin(first)
  for (const event of events) {
    if ('call' in event) {
      const { operation, call, expected = 0 } = event
      const called = { operation, kind: KIND[call], version: versionOf(operation), expected }
      history = histories.called(history, called, now)
    } else if ('now' in event) {
      now = event.now
      history = histories.ticked(history, now)
    } else history = histories.returned(history, event.operation, event.result)
    if (history === INEXPLICABLE) return false
  }
  return true
}

const call = (operation: number, kind: KindName, expected = 0): Event => ({ call: kind, operation, expected })
const returns = (operation: number, result: number): Event => ({ operation, result })
const at = (now: number): Event => ({ now })

test('a read finds what was written before it', () => {
  const written = [call(0, 'set'), returns(0, OK), call(1, 'get')]
  expect(isExplained([...written, returns(1, makeEntry(versionOf(0)))])).toBe(true)
  expect(isExplained([...written, returns(1, FIRST)])).toBe(false)
  expect(isExplained([...written, returns(1, ABSENT)])).toBe(false)
})

test('a read that overlaps a write finds the old or the new', () => {
  const overlapping = [call(0, 'get'), call(1, 'set'), returns(1, OK)]
  expect(isExplained([...overlapping, returns(0, FIRST)])).toBe(true)
  expect(isExplained([...overlapping, returns(0, makeEntry(versionOf(1)))])).toBe(true)
})

test('what was read once stays read', () => {
  const unknown = [call(0, 'set'), call(1, 'get'), returns(1, makeEntry(versionOf(0))), call(2, 'get')]
  expect(isExplained([...unknown, returns(2, makeEntry(versionOf(0)))])).toBe(true)
  expect(isExplained([...unknown, returns(2, FIRST)])).toBe(false)
})

test('an operation without an answer may happen later, once', () => {
  const increments = [call(0, 'increment'), call(1, 'increment')]
  expect(isExplained([...increments, returns(1, WRITTEN_VALUE + 1)])).toBe(true)
  expect(isExplained([...increments, returns(1, WRITTEN_VALUE + 2)])).toBe(true)
  expect(isExplained([...increments, returns(1, WRITTEN_VALUE + 3)])).toBe(false)
})

test('of two checks on one version one fails', () => {
  const both = [call(0, 'compareAndSet', 1), call(1, 'compareAndSet', 1)]
  expect(isExplained([...both, returns(0, OK), returns(1, CONFLICT)])).toBe(true)
  expect(isExplained([...both, returns(0, OK), returns(1, OK)])).toBe(false)
  expect(isExplained([...both, returns(0, CONFLICT), returns(1, CONFLICT)])).toBe(false)
})

test('what has expired is absent from then on', () => {
  const first = makeEntry(1, WRITTEN_VALUE, 1)
  expect(isExplained([call(0, 'get'), at(1), returns(0, first)], first)).toBe(true)
  expect(isExplained([call(0, 'get'), at(1), returns(0, ABSENT)], first)).toBe(true)
  expect(isExplained([at(1), call(0, 'get'), returns(0, first)], first)).toBe(false)
})

test('a write before the expiry leaves no moment at which the key is absent', () => {
  const first = makeEntry(1, WRITTEN_VALUE, 1)
  const renewed = [call(0, 'get'), call(1, 'set'), returns(1, OK), at(1)]
  expect(isExplained([...renewed, returns(0, makeEntry(versionOf(1)))], first)).toBe(true)
  expect(isExplained([...renewed, returns(0, ABSENT)], first)).toBe(false)
})

/** The same question, answered by trying every moment for every operation. */
function isExplainedByTrying(events: readonly Event[], first: Entry): boolean {
  type Pending = Extract<Event, { call: KindName }> & { readonly result?: number }

  function from(index: number, entry: Entry, now: number, pending: readonly Pending[]): boolean {
    const happens = pending.some((one, i) => {
      if (one.result !== undefined) return false
      const kind = KIND[one.call]
      const matches = hasVersion(entry, one.expected ?? 0)
      const happened = pending.with(i, { ...one, result: resultOf(kind, entry, matches) })
      return from(index, entryAfter(kind, entry, versionOf(one.operation), matches, now), now, happened)
    })
    if (happens) return true
    const event = events[index]
    if (event === undefined) return true
    if ('call' in event) return from(index + 1, entry, now, [...pending, event])
    if ('now' in event) return from(index + 1, liveAt(event.now, entry), event.now, pending)
    const returned = pending.find(({ operation }) => operation === event.operation)
    if (returned?.result !== event.result) return false
    return from(
      index + 1,
      entry,
      now,
      pending.filter((one) => one !== returned),
    )
  }

  return from(0, first, 0, [])
}

/** Numbers that are the same in every run. */
function createRandom(): (below: number) => number {
  let seed = 1
  return (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return Math.floor((seed / 2 ** 32) * below)
  }
}

test('answers as one who tries everything, for thousands of histories', () => {
  const random = createRandom()
  const kinds = Object.keys(KIND) as KindName[]
  const first = makeEntry(1, WRITTEN_VALUE, 2)
  let explained = 0
  const count = 5000
  for (let i = 0; i < count; i++) {
    const events = randomHistory()
    const isExplicable = isExplained(events, first)
    expect(isExplicable, JSON.stringify(events)).toBe(isExplainedByTrying(events, first))
    explained += Number(isExplicable)
  }
  // Neither answer is rare.
  expect(explained).toBeGreaterThan(count / 5)
  expect(explained).toBeLessThan((count * 4) / 5)

  /** Of a store that answers rightly, mostly. */
  function randomHistory(): readonly Event[] {
    const events: Event[] = []
    const open: Extract<Event, { call: KindName }>[] = []
    let entry = first
    let now = 0
    let called = 0
    while (events.length < 9) {
      if (random(6) === 0 && now < 3) {
        now++
        entry = liveAt(now, entry)
        events.push(at(now))
      } else if (open.length === 0 || (random(2) === 0 && called < 4)) {
        if (called === 4) break
        const event = {
          call: kinds[random(kinds.length)] as KindName,
          operation: called++,
          expected: 1 + random(5),
        }
        open.push(event)
        events.push(event)
      } else {
        const [event] = open.splice(random(open.length), 1) as [(typeof open)[number]]
        const kind = KIND[event.call]
        const matches = hasVersion(entry, event.expected ?? 0)
        const result = resultOf(kind, entry, matches)
        entry = entryAfter(kind, entry, versionOf(event.operation), matches, now)
        events.push(returns(event.operation, random(5) === 0 ? random(3) : result))
      }
    }
    return events
  }
})

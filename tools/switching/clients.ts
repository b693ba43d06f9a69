import { setTimeout as sleep } from 'node:timers/promises'
import { isStateError, type State, type Written } from '@switchyard/core'
import type { Call, Outcome } from '../linearizability/history.ts'
import { now, type Recorder } from './recorder.ts'

export interface ClientsOptions {
  readonly state: State
  readonly recorder: Recorder
  /** Also what the values start with, so that no two runs write the same ones. */
  readonly seed: number
  /** Default 10. */
  readonly clients?: number
  /** Operations in a second, of all clients together. Default 2,000. */
  readonly rate?: number
  /** How long every second operation may take. Default: as long as the state lets it. */
  readonly timeoutMs?: number
}

export interface Clients {
  /** Lets every client finish what it has begun. */
  stop(): Promise<void>
}

/** Keys go out of use after so long, so that the history of each stays short enough to be checked. */
const EPOCH_MS = 400
/** Keys in use at a time, half of them counters. */
const KEYS = 40

/** Clients that read, write, delete, count, check and take a few keys at random, and record all of it. */
export function startClients(options: ClientsOptions): Clients {
  const { state, recorder, seed, clients = 10, rate = 2000, timeoutMs } = options
  let stopping = false
  const random = randomNumbers(seed)
  const versions = new Map<string, string>()
  let sequence = 0

  async function perform(key: string, call: Call): Promise<void> {
    const id = recorder.called(key, call)
    recorder.answered(id, await outcomeOf(async () => send(key, call)))
  }

  async function send(key: string, call: Call): Promise<Outcome> {
    const limit = timeoutMs === undefined || random(2) === 0 ? {} : { timeoutMs }
    switch (call.op) {
      case 'get': {
        const entry = await state.getEntry<string | number>(key, limit)
        if (entry !== undefined) versions.set(key, entry.version)
        return { status: 'ok', ...(entry !== undefined && { entry }) }
      }
      case 'take': {
        const value = await state.take<string | number>(key, limit)
        return { status: 'ok', ...(value !== undefined && { value }) }
      }
      case 'set': {
        const { value, ttlMs, ifVersion, ifAbsent } = call
        const condition = ifVersion !== undefined ? { ifVersion } : ifAbsent === true ? { ifAbsent } : {}
        const written = await state.set(key, value, {
          ...limit,
          ...condition,
          ...(ttlMs !== undefined && { ttl: ttlMs }),
        })
        versions.set(key, written.version)
        return { status: 'ok', ...written }
      }
      case 'delete': {
        const condition = call.ifVersion === undefined ? {} : { ifVersion: call.ifVersion }
        return { status: 'ok', existed: await state.delete(key, { ...limit, ...condition }) }
      }
      case 'increment':
        return { status: 'ok', value: await state.increment(key, call.by, limit) }
      case 'touch':
        return { status: 'ok', existed: await state.touch(key, call.ttlMs, limit) }
    }
  }

  /** Several keys in one call are a call for each of them at the same time. */
  async function setMany(keys: readonly string[], inTransaction: boolean): Promise<void> {
    const entries = [...new Set(keys)].map((key) => ({ key, value: nextValue() }))
    const ids = entries.map(({ key, value }) => recorder.called(key, { op: 'set', value }))
    let written: readonly (Written | undefined)[] = []
    let failure: unknown
    try {
      if (inTransaction) {
        const { results } = await state.transaction({
          operations: entries.map((entry) => ({ op: 'set' as const, ...entry })),
        })
        written = results.map((result) => (result.op === 'set' ? result : undefined))
      } else written = await state.setMany(entries)
    } catch (error) {
      failure = error
    }
    for (const [i, id] of ids.entries()) {
      const one = written[i]
      if (one !== undefined) recorder.answered(id, { status: 'ok', version: one.version })
      else recorder.answered(id, failureOf(failure, entries[i]?.key))
    }
  }

  function nextValue(): string {
    return `${seed}-${++sequence}`
  }

  function keyOf(kind: 'text' | 'count'): string {
    // Now and then one of the epoch before, which others are not in a hurry to change any more.
    const epoch = Math.floor(now() / EPOCH_MS) - (random(8) === 0 ? 1 : 0)
    return `${kind}:${epoch}:${random(KEYS / 2)}`
  }

  async function act(): Promise<void> {
    const choice = random(100)
    if (choice < 30) {
      const key = keyOf('count')
      if (choice < 20) return perform(key, { op: 'increment', by: 1 })
      if (choice < 25) return perform(key, { op: 'get' })
      if (choice < 28) return perform(key, { op: 'delete' })
      return perform(key, { op: 'touch', ttlMs: 50 + random(1000) })
    }
    const key = keyOf('text')
    const version = versions.get(key)
    if (choice < 50) return perform(key, { op: 'get' })
    if (choice < 60) return perform(key, { op: 'set', value: nextValue() })
    if (choice < 68) return perform(key, { op: 'set', value: nextValue(), ttlMs: 50 + random(1000) })
    if (choice < 74) return perform(key, { op: 'set', value: nextValue(), ifAbsent: true })
    if (choice < 80)
      return perform(key, {
        op: 'set',
        value: nextValue(),
        ...(version !== undefined && { ifVersion: version }),
      })
    if (choice < 86) return perform(key, { op: 'delete' })
    if (choice < 89)
      return perform(key, { op: 'delete', ...(version !== undefined && { ifVersion: version }) })
    if (choice < 93) return perform(key, { op: 'take' })
    if (choice < 95) return perform(key, { op: 'touch', ttlMs: 50 + random(1000) })
    return setMany([key, keyOf('text'), keyOf('text')], choice < 97)
  }

  async function client(index: number): Promise<void> {
    const interval = (clients * 1000) / rate
    let due = performance.now() + (interval * index) / clients
    while (!stopping) {
      await act()
      due += interval
      const wait = due - performance.now()
      if (wait > 1) await sleep(wait)
      // Who has fallen behind, as in a pause, does not catch up in a burst.
      else if (wait < -100) due = performance.now()
    }
  }

  const running = Promise.all(Array.from({ length: clients }, (_, i) => client(i)))
  running.catch(() => undefined)
  return {
    async stop() {
      stopping = true
      await running
    },
  }
}

/** Reads every key once more, and records what it holds. */
export async function readAll(state: State, recorder: Recorder, keys: Iterable<string>): Promise<void> {
  await Promise.all(
    Array.from(keys, async (key) => {
      const id = recorder.called(key, { op: 'get' })
      const entry = await state.getEntry<string | number>(key)
      recorder.answered(id, { status: 'ok', ...(entry !== undefined && { entry }) })
    }),
  )
}

async function outcomeOf(send: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await send()
  } catch (error) {
    return failureOf(error)
  }
}

/** What an error says about the call: anything but a plain statement that nothing was done counts as unknown. */
function failureOf(error: unknown, key?: string): Outcome {
  if (!isStateError(error)) throw error
  if (error.notApplied !== undefined && key !== undefined && !error.notApplied.includes(key)) {
    return { status: 'unknown' }
  }
  if (error.code === 'CONFLICT') return { status: 'refused' }
  if (
    error.code === 'NOT_SUPPORTED' ||
    error.code === 'UNAVAILABLE' ||
    error.code === 'TIMEOUT' ||
    error.code === 'CLOSED' ||
    error.code === 'FULL'
  ) {
    return { status: 'failed' }
  }
  if (error.code === 'OUTCOME_UNKNOWN') return { status: 'unknown' }
  throw error
}

/** Numbers that are the same in each run with this seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

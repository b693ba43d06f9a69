import { setTimeout as sleep } from 'node:timers/promises'
import { isStateError, StateError, type StoreChange } from '@switchyard/core'
import { type Client, destroy } from './client.ts'
import type { Connection } from './connection.ts'
import { redisError } from './errors.ts'
import type { Layout, Stripe } from './layout.ts'
import { runScript } from './run-script.ts'
import { beginWatch, renewWatch } from './scripts.ts'

/** Changes are told as long as somebody has said within this time that they are wanted. */
const LEASE_MS = 60_000
const RENEW_MS = 20_000
/** How often the streams are read although nobody rang: a bell may be lost with a connection, a stream is not. */
const POLL_MS = 1000
/** How long a subscription may go without an answer. */
const SUBSCRIBE_TIMEOUT_MS = 5000
/** Entries read from one stream at once. */
const READ_COUNT = 1000

export interface WatchOptions {
  readonly connection: Connection
  readonly layout: Layout
  /** Who this store is among the writers. */
  readonly writer: string
  readonly prefix: string
  readonly signal: AbortSignal | undefined
  /** Aborts when the store closes. */
  readonly closing: AbortSignal
}

/**
 * Changes of all processes, from a stream for each stripe. A channel only rings when there is something to read, so
 * that a lost connection loses nothing: reading goes on where it was.
 *
 * @throws StateError `LAGGED` if changes may have been missed: the connection was gone for longer than the lease, or
 *   more was written meanwhile than the streams keep
 */
export async function* watchChanges(options: WatchOptions): AsyncGenerator<StoreChange, void, undefined> {
  const { connection, layout, writer, prefix, signal, closing } = options
  const stop = signal === undefined ? closing : AbortSignal.any([signal, closing])
  const positions = new Map<Stripe, string>()
  const rung = new Set<Stripe>()
  let wake: () => void = () => {}
  let subscriber: Client | undefined
  let renewAt = 0

  function ring(stripe: Stripe): void {
    rung.add(stripe)
    wake()
  }

  async function subscribe(): Promise<void> {
    if (subscriber?.isReady === true) return
    const client = await connection.subscriber()
    subscriber = client
    const timer = setTimeout(() => destroy(client), SUBSCRIBE_TIMEOUT_MS)
    try {
      await client.subscribe(layout.channel, (message) => {
        for (const tag of message.split('\n')) {
          const stripe = layout.stripes.find((one) => one.tag === tag)
          if (stripe !== undefined) ring(stripe)
        }
      })
    } catch (error) {
      destroy(client)
      throw redisError(error, 'read')
    } finally {
      clearTimeout(timer)
    }
  }

  async function begin(): Promise<void> {
    await Promise.all(
      layout.stripes.map(async (stripe) => {
        const id = await runLease(beginWatch, stripe)
        if (!positions.has(stripe)) positions.set(stripe, String(id))
      }),
    )
    renewAt = performance.now() + RENEW_MS
  }

  function runLease(script: typeof beginWatch, { fence, changes }: Stripe): Promise<unknown> {
    return runScript(connection, script, [fence, changes], [String(LEASE_MS)], { kind: 'write' })
  }

  async function renew(): Promise<void> {
    const kept = await Promise.all(layout.stripes.map((stripe) => runLease(renewWatch, stripe)))
    if (kept.includes(0)) throw lagged(prefix)
    renewAt = performance.now() + RENEW_MS
  }

  /** What is new in a stripe; it is not passed over before all stripes are read, so that a failure loses nothing. */
  async function read(stripe: Stripe): Promise<() => readonly StoreChange[]> {
    const { changes } = stripe
    const from = positions.get(stripe) as string
    const command = ['XRANGE', changes, from, '+', 'COUNT', String(READ_COUNT)]
    const [seen, ...entries] = (await connection.send(changes, command, { kind: 'read' })) as StreamEntry[]
    // If what was read last is still there, nothing after it was dropped, and the stream was not made anew.
    if (seen?.[0] !== from) throw lagged(prefix)
    const last = entries.at(-1)
    if (last === undefined) return () => []
    if (entries.length === READ_COUNT - 1) rung.add(stripe)
    return () => {
      positions.set(stripe, last[0])
      return entries
        .flatMap((entry) => changesIn(entry, layout, writer))
        .filter(({ key }) => key.startsWith(prefix))
    }
  }

  async function pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    const timer = setTimeout(() => {
      for (const stripe of layout.stripes) rung.add(stripe)
      resolve()
    }, POLL_MS)
    timer.unref()
    stop.addEventListener('abort', wake, { once: true })
    if (rung.size === 0 && !stop.aborted) await promise
    stop.removeEventListener('abort', wake)
    clearTimeout(timer)
  }

  try {
    await begin()
    while (!stop.aborted) {
      try {
        if (performance.now() >= renewAt) await renew()
        const stripes = [...rung]
        rung.clear()
        for (const take of await Promise.all(stripes.map(read))) yield* take()
        // Last: without the bell the streams are read all the same, only later.
        await subscribe()
      } catch (error) {
        if (!isStateError(error, 'UNAVAILABLE') && !isStateError(error, 'OUTCOME_UNKNOWN')) throw error
        // The lease says afterwards whether anything was missed.
        renewAt = 0
        for (const stripe of layout.stripes) rung.add(stripe)
        await sleep(POLL_MS, undefined, { signal: stop, ref: false }).catch(() => undefined)
        continue
      }
      await pause()
    }
    if (signal?.aborted === true)
      throw new StateError('ABORTED', 'The watch was aborted', { cause: signal.reason })
  } finally {
    if (subscriber !== undefined) destroy(subscriber)
  }
}

type StreamEntry = readonly [id: string, fields: readonly string[]]

/** An entry is ['by', writer, name, what, name, what, ...]; `what` is '<expiresAt> <version>', or '' for a deletion. */
function changesIn([, fields]: StreamEntry, layout: Layout, writer: string): readonly StoreChange[] {
  const own = fields[1] === writer
  const changes: StoreChange[] = []
  for (let at = 2; at + 1 < fields.length; at += 2) {
    const key = layout.keyOf(fields[at] as string)
    const what = fields[at + 1] as string
    if (what === '') {
      changes.push({ type: 'delete', key, own })
      continue
    }
    const space = what.indexOf(' ')
    const expiresAt = space === 0 ? {} : { expiresAt: Number(what.slice(0, space)) }
    changes.push({ type: 'set', key, version: what.slice(space + 1), ...expiresAt, own })
  }
  return changes
}

function lagged(prefix: string): StateError {
  const message = `The watch of '${prefix}' may have missed changes; read what you need and watch again`
  return new StateError('LAGGED', message, { operation: 'watch' })
}

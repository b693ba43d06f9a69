import { setTimeout as sleep } from 'node:timers/promises'
import { defaultReconnectStrategy } from '@keyv/redis'
import { StateError } from '@switchyard/core'
import { type Client, type Cluster, destroy, isIdle, nodesOf } from './client.ts'
import { isRefusal, reasonOf, redisError, unavailable } from './errors.ts'
import { createSilence, LOOK_MS, SILENCE_MS } from './silence.ts'

/** A connection that is lost within this time after it was made counts as one that could not be made. */
const STEADY_MS = 5000
/** How often a connection that is given up is looked at until all is answered. */
const IDLE_POLL_MS = 20

/** A connection that is made again whenever it is lost. */
export interface Link<C extends Client | Cluster> {
  /** @throws StateError `UNAVAILABLE` or `FORBIDDEN` while there is none: nothing waits for one to come back. */
  current(): C
  /** Runs commands on the connection. @param bytes about what they send, if it is much */
  use<T>(run: (client: C) => Promise<T>, bytes?: number): Promise<T>
  /** The server is not the one to talk to any longer: find it again. */
  leave(why: Error): void
  close(): Promise<void>
}

export interface LinkOptions<C extends Client | Cluster> {
  /** Makes a client, not connected yet, of where the server is now. */
  readonly dial: (timeoutMs: number) => Promise<C>
  /** Throws if what was connected to is not the one to talk to. */
  readonly check?: (client: C) => Promise<void>
  readonly connectTimeoutMs: number
  readonly signal: AbortSignal
}

/** @throws StateError `UNAVAILABLE` if there is no connection within the time, `FORBIDDEN` at once where the user is refused. */
export async function openLink<C extends Client | Cluster>(options: LinkOptions<C>): Promise<Link<C>> {
  const { dial, check, connectTimeoutMs, signal } = options
  const closing = new AbortController()
  const silence = createSilence()
  let client: C | undefined
  let dialling: Promise<void> | undefined
  let failure: unknown = new Error('it is not connected')
  let connectedAt = 0
  /** Attempts since the last connection that held. */
  let attempts = 0
  let bytesOnTheWay = 0

  async function connect(timeoutMs: number): Promise<void> {
    const next = await dial(timeoutMs)
    next.on('error', (error: unknown) => lost(next, error))
    next.on('node-error', (error: unknown) => lost(next, error))
    next.on('end', () => lost(next, new Error('the connection was closed')))
    const timer = setTimeout(() => destroy(next), timeoutMs)
    try {
      await next.connect()
      await check?.(next)
    } catch (error) {
      destroy(next)
      throw error
    } finally {
      clearTimeout(timer)
    }
    if (!next.isOpen) throw new Error(`no answer within ${timeoutMs} ms`)
    const old = client
    client = next
    connectedAt = performance.now()
    if (old !== undefined) void retire(old)
    if (closing.signal.aborted) destroy(next)
  }

  function lost(from: C, error: unknown): void {
    if (from !== client) return
    failure = error
    dialling ??= redial().finally(() => {
      dialling = undefined
    })
  }

  /** A cluster is connected to although one of its nodes is down, and loses that node at once: that is no success. */
  async function redial(): Promise<void> {
    if (performance.now() - connectedAt > STEADY_MS) attempts = 0
    while (!closing.signal.aborted) {
      if (attempts > 0) {
        const wait = defaultReconnectStrategy(attempts - 1) as number
        await sleep(wait, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
      }
      attempts++
      try {
        return await connect(connectTimeoutMs)
      } catch (error) {
        failure = error
      }
    }
  }

  async function first(): Promise<void> {
    const deadline = Date.now() + connectTimeoutMs
    for (let attempt = 0; ; attempt++) {
      if (signal.aborted) throw new StateError('ABORTED', 'Opening was given up', { cause: signal.reason })
      try {
        return await connect(Math.max(deadline - Date.now(), 1))
      } catch (error) {
        const wait = Math.min(50 * 2 ** attempt, 500)
        if (isRefusal(error) || Date.now() + wait >= deadline) throw redisError(error, 'read')
        await sleep(wait)
      }
    }
  }

  await first()
  const watchdog = setInterval(() => {
    for (const node of client === undefined ? [] : nodesOf(client)) {
      if (!silence.isSilent(node, bytesOnTheWay)) continue
      lost(client as C, new Error(`no answer for ${SILENCE_MS} ms`))
      destroy(node)
    }
  }, LOOK_MS)
  watchdog.unref()

  const link: Link<C> = {
    current() {
      if (closing.signal.aborted) throw new StateError('CLOSED', 'The store is closed')
      if (client?.isOpen === true && (!('isReady' in client) || client.isReady)) return client
      throw isRefusal(failure) ? redisError(failure, 'read') : unavailable(reasonOf(failure))
    },
    async use(run, bytes = 0) {
      bytesOnTheWay += bytes
      try {
        return await run(link.current())
      } finally {
        bytesOnTheWay -= bytes
      }
    },
    leave(why) {
      if (client === undefined) return
      lost(client, why)
      destroy(client)
    },
    async close() {
      closing.abort()
      clearInterval(watchdog)
      await dialling
      if (client !== undefined) await retire(client)
    },
  }
  return link
}

/** Lets a client finish what it was asked, for a while: its own way to close waits for a server that is silent. */
async function retire(client: Client | Cluster): Promise<void> {
  const deadline = performance.now() + SILENCE_MS
  while (client.isOpen && !isIdle(client) && performance.now() < deadline) await sleep(IDLE_POLL_MS)
  destroy(client)
}

import { setTimeout as sleep } from 'node:timers/promises'
import { defaultReconnectStrategy } from '@keyv/redis'
import { StateError } from '@switchyard/core'
import { type Client, type Cluster, destroy } from './client.ts'
import { isRefusal, redisError, unavailable } from './errors.ts'

/** How long a command may go without an answer before the connection counts as lost. */
const SILENCE_MS = 5000

/** A connection that is made again whenever it is lost. */
export interface Link<C extends Client | Cluster> {
  /** @throws StateError `UNAVAILABLE` while there is none: nothing waits for one to come back. */
  current(): C
  /** Runs commands on the connection; what is not answered in time makes it count as lost. */
  use<T>(run: (client: C) => Promise<T>): Promise<T>
  /** The server is not the one to talk to any longer: find it again. */
  leave(why: Error): void
  close(): Promise<void>
}

export interface LinkOptions<C extends Client | Cluster> {
  /** Makes a client, not connected yet, of where the server is now. */
  readonly dial: () => Promise<C>
  readonly connectTimeoutMs: number
  readonly signal: AbortSignal
}

/** @throws StateError `UNAVAILABLE` if there is no connection within the time. */
export async function openLink<C extends Client | Cluster>(options: LinkOptions<C>): Promise<Link<C>> {
  const { dial, connectTimeoutMs, signal } = options
  const closing = new AbortController()
  const pending = new Set<{ readonly since: number }>()
  let client: C | undefined
  let dialling: Promise<void> | undefined
  let reason = 'it is not connected'

  async function connect(timeoutMs: number): Promise<void> {
    const next = await dial()
    next.on('error', (error: unknown) => lost(next, error))
    next.on('node-error', (error: unknown) => lost(next, error))
    next.on('end', () => lost(next, new Error('the connection was closed')))
    const timer = setTimeout(() => destroy(next), timeoutMs)
    try {
      await next.connect()
    } catch (error) {
      destroy(next)
      throw error
    } finally {
      clearTimeout(timer)
    }
    if (!next.isOpen) throw new Error(`no answer within ${timeoutMs} ms`)
    const old = client
    client = next
    if (old !== undefined) void retire(old)
    if (closing.signal.aborted) destroy(next)
  }

  function lost(from: C, error: unknown): void {
    if (from !== client) return
    reason = error instanceof Error ? error.message : String(error)
    dialling ??= redial().finally(() => {
      dialling = undefined
    })
  }

  /** A single server that is not to be used any longer rejects what it was asked; the nodes of a cluster may be well. */
  function leave(from: C, why: Error): void {
    lost(from, why)
    if ('isReady' in from) destroy(from)
  }

  async function redial(): Promise<void> {
    for (let attempt = 0; !closing.signal.aborted; attempt++) {
      try {
        return await connect(connectTimeoutMs)
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error)
        await sleep(defaultReconnectStrategy(attempt) as number, undefined, {
          signal: closing.signal,
          ref: false,
        }).catch(() => undefined)
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
        if (isRefusal(error) || Date.now() >= deadline) throw redisError(error, 'read')
        await sleep(Math.min(50 * 2 ** attempt, 500))
      }
    }
  }

  await first()
  const watchdog = setInterval(() => {
    const [oldest] = pending
    if (oldest === undefined || client === undefined || performance.now() - oldest.since < SILENCE_MS) return
    pending.clear()
    const silent = client
    leave(silent, new Error(`no answer for ${SILENCE_MS} ms`))
  }, 500)
  watchdog.unref()

  const link: Link<C> = {
    current() {
      if (closing.signal.aborted) throw new StateError('CLOSED', 'The store is closed')
      if (client?.isOpen !== true || ('isReady' in client && !client.isReady)) throw unavailable(reason)
      return client
    },
    async use(run) {
      const started = { since: performance.now() }
      pending.add(started)
      try {
        return await run(link.current())
      } finally {
        pending.delete(started)
      }
    },
    leave(why) {
      if (client !== undefined) leave(client, why)
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

/** Lets a client finish what it was asked, for a while. */
async function retire(client: Client | Cluster): Promise<void> {
  if (!client.isOpen) return
  const timer = setTimeout(() => destroy(client), SILENCE_MS)
  await client.close().catch(() => destroy(client))
  clearTimeout(timer)
}

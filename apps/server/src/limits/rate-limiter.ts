import { asStateError, type StateError, type StateNamespace } from '@switchyard/core'
import { type Bucket, type Taken, takeTokens } from './token-bucket.ts'

/** Whether a request may go on. */
export interface Verdict {
  readonly isAllowed: boolean
  /** Requests that may follow at once. */
  readonly left: number
  /** Until one is allowed; of one that is: until all are again. */
  readonly waitMs: number
}

/** One limit, for every client its own. */
export interface RateLimiter {
  readonly name: string
  readonly bucket: () => Bucket
  /** At once, unless the state has to be asked. */
  take(client: string): Verdict | Promise<Verdict>
}

export interface RateLimiterOptions {
  readonly name: string
  readonly bucket: () => Bucket
  /** Where the buckets are: servers that share it share them. */
  readonly state: StateNamespace
  /** It cannot be kept count: requests go on. */
  readonly onFailure: (error: StateError) => void
  /** Unix ms. Default: the system's clock. */
  readonly now?: () => number
  /** Ms of a clock that is never set. Default: that of the process. */
  readonly elapsed?: () => number
}

interface Client {
  /** Tokens that were taken out of the bucket ahead. */
  ahead: number
  /** What was left in it then. */
  left: number
  /** When it is full again, on the clock that is never set. */
  fullAt: number
  /** Nothing is to be had until then, on the clock that is never set. */
  emptyUntil: number
  asking: Promise<void> | undefined
}

/** Of the bucket, what is taken ahead, so that the state is not asked for each request. */
const SHARE_AHEAD = 1 / 20
const MAX_AHEAD = 1000

/** A limit is not worth waiting longer for. */
const TIMEOUT_MS = 1000

/** Takes tokens from buckets that are kept in the state, some of them ahead. */
export function createRateLimiter({
  name,
  bucket,
  state,
  onFailure,
  now = Date.now,
  elapsed = () => performance.now(),
}: RateLimiterOptions): RateLimiter {
  const clients = new Map<string, Client>()

  function clientOf(id: string): Client {
    const known = clients.get(id)
    if (known !== undefined) return known
    const made = { ahead: 0, left: 0, fullAt: 0, emptyUntil: 0, asking: undefined }
    clients.set(id, made)
    return made
  }

  async function takeFrom(id: string, present: Bucket): Promise<Taken> {
    const { size, perMs } = present
    const wanted = Math.max(1, Math.min(MAX_AHEAD, Math.floor(size * SHARE_AHEAD)))
    const take = (fullAt: number | undefined): Taken => takeTokens(present, fullAt, wanted, now())
    let taken = take(undefined)
    try {
      await state.update<number>(
        `${name}:${id}`,
        (fullAt) => {
          taken = take(fullAt)
          return taken.fullAt
        },
        { ttl: Math.ceil(size / perMs) + 1000, timeoutMs: TIMEOUT_MS },
      )
      return taken
    } catch (error) {
      onFailure(asStateError(error, { operation: 'rateLimit' }))
      // Whoever comes to mend the backend must not be kept out by it.
      return take(undefined)
    }
  }

  async function ask(id: string, client: Client): Promise<void> {
    const { granted, left, fullAt, waitMs } = await takeFrom(id, bucket())
    client.ahead += granted
    client.left = left
    client.fullAt = elapsed() + (fullAt - now())
    client.emptyUntil = granted > 0 ? 0 : elapsed() + waitMs
  }

  function verdict(client: Client): Verdict | undefined {
    if (client.ahead > 0) {
      client.ahead--
      const untilFull = Math.max(0, client.fullAt - elapsed())
      return { isAllowed: true, left: client.ahead + client.left, waitMs: untilFull }
    }
    const waitMs = client.emptyUntil - elapsed()
    return waitMs > 0 ? { isAllowed: false, left: 0, waitMs } : undefined
  }

  async function askAndTake(id: string, client: Client): Promise<Verdict> {
    for (;;) {
      client.asking ??= ask(id, client).finally(() => {
        client.asking = undefined
      })
      await client.asking
      const found = verdict(client)
      if (found !== undefined) return found
    }
  }

  return {
    name,
    bucket,
    take(id) {
      const client = clientOf(id)
      return verdict(client) ?? askAndTake(id, client)
    },
  }
}

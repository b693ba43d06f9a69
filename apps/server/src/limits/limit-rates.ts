import { parseTtl, type StateNamespace } from '@switchyard/core'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import { createRateLimiter, type RateLimiter, type Verdict } from './rate-limiter.ts'
import type { LimitSettings } from './settings.ts'
import type { Bucket } from './token-bucket.ts'

/** Longer waits are told as this. */
const MAX_RETRY_AFTER_SECONDS = 86_400

const WARNING_INTERVAL_MS = 10_000

/**
 * Counts the requests of every token, on all routes that are registered after this call except those that are open to
 * everybody. Without a limit it does nothing, and costs nothing.
 *
 * @param multiplier of all limits, at present
 */
export function limitRates(
  app: FastifyInstance,
  { rate, quota }: Pick<LimitSettings, 'rate' | 'quota'>,
  state: StateNamespace,
  multiplier: () => number,
): void {
  const buckets: [string, number, number][] = []
  if (rate !== undefined) buckets.push(['rate', rate.burst, rate.requestsPerSecond / 1000])
  if (quota !== undefined) buckets.push(['quota', quota.requests, quota.requests / parseTtl(quota.per)])
  if (buckets.length === 0) return

  let warnedAt = Number.NEGATIVE_INFINITY
  const limiters = buckets.map(([name, size, perMs]) =>
    createRateLimiter({
      name,
      state,
      bucket: () => ({ size: Math.max(1, size * multiplier()), perMs: perMs * multiplier() }),
      onFailure(error) {
        if (performance.now() - warnedAt < WARNING_INTERVAL_MS) return
        warnedAt = performance.now()
        app.log.warn(`Requests go on without limits, as they cannot be counted: ${error.message}`)
      },
    }),
  )

  app.addHook('onRequest', async (request, reply) => {
    const { access } = request.routeOptions.config
    if (access === undefined || 'open' in access) return
    const told: [RateLimiter, Verdict][] = []
    for (const limiter of limiters) {
      const taken = limiter.take(request.principal.name)
      const verdict = taken instanceof Promise ? await taken : taken
      told.push([limiter, verdict])
      if (verdict.isAllowed) continue
      setHeaders(reply, limiters, told)
      const seconds = Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(verdict.waitMs / 1000)))
      const detail = `'${request.principal.name}' has used up its ${limiter.name}; try again in ${seconds} s`
      throw new RequestError('RATE_LIMITED', detail, { headers: { 'retry-after': String(seconds) } })
    }
    setHeaders(reply, limiters, told)
  })
}

/** The fields of draft-ietf-httpapi-ratelimit-headers. */
function setHeaders(
  reply: FastifyReply,
  limiters: readonly RateLimiter[],
  told: readonly (readonly [RateLimiter, Verdict])[],
): void {
  reply.header('ratelimit-policy', limiters.map(({ name, bucket }) => policyOf(name, bucket())).join(', '))
  reply.header(
    'ratelimit',
    told
      .map(([{ name }, { left, waitMs }]) => `"${name}";r=${left};t=${Math.ceil(waitMs / 1000)}`)
      .join(', '),
  )
}

const policyOf = (name: string, { size, perMs }: Bucket): string =>
  `"${name}";q=${Math.floor(size)};w=${Math.max(1, Math.round(size / perMs / 1000))}`

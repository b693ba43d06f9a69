import { createHash } from 'node:crypto'
import { StateError } from '@switchyard/core'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { RouteAccess } from '../access/route-access.ts'
import { RequestError } from '../problems/request-error.ts'
import type { JsonSchema } from '../schemas/json-schema.ts'
import type { Answer, IdempotencyRecord, IdempotencyRecords } from './records.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request with an Idempotency-Key that is being carried out. */
    idempotency: { readonly key: string; readonly fingerprint: string } | undefined
  }
}

const HEADER = 'idempotency-key'
const UNSAFE: ReadonlySet<string> = new Set(['PUT', 'PATCH', 'POST', 'DELETE'])

/** Of an answer, what is sent again. */
const KEPT_HEADERS = ['content-type', 'etag', 'expires-at']

const headerSchema: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description:
    'Visible ASCII of your choice. The same request with the same key is carried out once, and answered with the same answer.',
}

/**
 * Carries a request with an Idempotency-Key out once, on all routes that are registered after this call and change
 * something, except those of `/v1/store`.
 */
export function answerOnce(app: FastifyInstance, records: IdempotencyRecords): void {
  app.decorateRequest('idempotency')

  async function begin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const given = request.headers[HEADER]
    if (given === undefined) return undefined
    if (typeof given !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(given)) {
      throw new RequestError('BAD_REQUEST', 'Idempotency-Key is 1 to 255 visible ASCII characters')
    }
    const key = hashOf(request.principal.name, given)
    const fingerprint = fingerprintOf(request)
    const earlier = await records.begin(key, fingerprint)
    if (earlier !== undefined) return replay(reply, key, fingerprint, earlier)
    request.idempotency = { key, fingerprint }
    return undefined
  }

  function replay(
    reply: FastifyReply,
    key: string,
    fingerprint: string,
    earlier: IdempotencyRecord,
  ): FastifyReply {
    if (earlier.fingerprint !== fingerprint) {
      throw new RequestError(
        'IDEMPOTENCY_KEY_REUSED',
        'The Idempotency-Key was sent with another request before',
      )
    }
    const { answer } = earlier
    if (answer !== undefined) {
      reply.code(answer.status).headers(answer.headers).header('idempotency-replayed', 'true')
      return answer.base64 === '' ? reply.send() : reply.send(Buffer.from(answer.base64, 'base64'))
    }
    if (records.isUnderWay(key, earlier)) {
      const detail = 'The request with this Idempotency-Key is being carried out'
      throw new RequestError('IDEMPOTENCY_KEY_IN_USE', detail, { headers: { 'retry-after': '1' } })
    }
    throw new StateError(
      'OUTCOME_UNKNOWN',
      'The server was cut off while it carried the request with this Idempotency-Key out; read what is there, and use another key',
    )
  }

  async function end(
    { idempotency, log }: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): Promise<unknown> {
    if (idempotency === undefined) return payload
    const { key, fingerprint } = idempotency
    const wasNotDone = isCertainlyNotDone(reply.statusCode, payload)
    try {
      if (wasNotDone) await records.giveUp(key)
      else await records.finish(key, fingerprint, answerOf(reply, payload))
    } catch (error) {
      // What was done is done, and its answer is due.
      log.warn({ err: error }, 'The answer to a request with an Idempotency-Key could not be kept')
    }
    return payload
  }

  app.addHook('onRoute', (route) => {
    if (!changes(route)) return
    const { schema = {} } = route
    const { properties = {} } = (schema.headers ?? {}) as { readonly properties?: object }
    route.schema = {
      ...schema,
      headers: { type: 'object', properties: { ...properties, 'Idempotency-Key': headerSchema } },
    }
    route.preHandler = [route.preHandler ?? [], begin].flat()
    route.onSend = [end, route.onSend ?? []].flat()
  })
}

function changes({ method, url, config }: RouteOptions): boolean {
  const access: RouteAccess | undefined = config?.access
  if (access === undefined || !('scope' in access) || url.startsWith('/v1/store')) return false
  return [method].flat().some((name) => UNSAFE.has(name)) && ['write', 'admin'].includes(access.scope)
}

/** The same question may get another answer a moment later, and nothing was done. */
function isCertainlyNotDone(status: number, payload: unknown): boolean {
  if (status === 504) return !bytesOf(payload).includes('"OUTCOME_UNKNOWN"')
  return status === 429 || status === 503 || status === 507
}

function answerOf(reply: FastifyReply, payload: unknown): Answer {
  const headers: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name)
    if (value !== undefined) headers[name] = String(value)
  }
  return { status: reply.statusCode, headers, base64: bytesOf(payload).toString('base64') }
}

/** Answers of these routes are text, bytes or nothing. */
function bytesOf(payload: unknown): Buffer {
  if (typeof payload === 'string') return Buffer.from(payload)
  return Buffer.isBuffer(payload) ? payload : Buffer.alloc(0)
}

/** The same for the same request. */
function fingerprintOf({ method, url, headers, body }: FastifyRequest): string {
  const conditions = [headers['content-type'], headers['if-match'], headers['if-none-match']]
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body) ?? '')
  return createHash('sha256')
    .update(JSON.stringify([method, url, conditions]))
    .update(bytes)
    .digest('base64url')
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

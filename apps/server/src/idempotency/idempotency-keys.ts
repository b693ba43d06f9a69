import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { RouteAccess } from '../access/route-access.ts'
import type { Problem } from '../problems/problem.ts'
import { RequestError } from '../problems/request-error.ts'
import type { JsonSchema } from '../schemas/json-schema.ts'
import type { Answer, EarlierRequest, IdempotencyRecords } from './records.ts'

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
    if (earlier !== undefined) return replay(reply, fingerprint, earlier)
    request.idempotency = { key, fingerprint }
    return undefined
  }

  function replay(reply: FastifyReply, fingerprint: string, earlier: EarlierRequest): FastifyReply {
    if (earlier.fingerprint !== fingerprint) {
      throw new RequestError(
        'IDEMPOTENCY_KEY_REUSED',
        'The Idempotency-Key was sent with another request before',
      )
    }
    const { answer, isUnderWay } = earlier
    if (answer !== undefined) {
      reply.code(answer.status).headers(answer.headers).header('idempotency-replayed', 'true')
      return answer.base64 === '' ? reply.send() : reply.send(Buffer.from(answer.base64, 'base64'))
    }
    if (isUnderWay) {
      const detail = 'The request with this Idempotency-Key is being carried out'
      throw new RequestError('IDEMPOTENCY_KEY_IN_USE', detail, { headers: { 'retry-after': '1' } })
    }
    throw new RequestError(
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

/** Of problems that say that the same question may get another answer a moment later. */
const PASSING: ReadonlySet<number> = new Set([429, 503, 504, 507])

/** A part of a batch is not nothing: to do that again would undo what others have written since. */
function isCertainlyNotDone(status: number, payload: unknown): boolean {
  if (!PASSING.has(status)) return false
  const { code, notApplied } = JSON.parse(bytesOf(payload).toString()) as Problem
  return code !== 'OUTCOME_UNKNOWN' && notApplied === undefined
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

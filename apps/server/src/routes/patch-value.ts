import { setTimeout as sleep } from 'node:timers/promises'
import {
  conflict,
  isStateError,
  jsonCodec,
  type State,
  type ValueEntry,
  type Written,
} from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import { bufferOf, type Content, isJson } from '../content/content.ts'
import { parseJson } from '../content/json-text.ts'
import { JSON_MEDIA_TYPE, mediaTypeOf } from '../content/media-type.ts'
import { mergePatch } from '../content/merge-patch.ts'
import { setEntryHeaders } from '../http/entry-headers.ts'
import { isMatched, isNoneMatched, type Precondition, preconditionOf } from '../http/preconditions.ts'
import { ttlOf } from '../http/ttl-parameter.ts'
import { RequestError } from '../problems/request-error.ts'
import { conditionHeaders, entryHeaders, keyInPath, ttlQuery } from '../schemas/entry-parameters.ts'
import { ok, responses } from '../schemas/responses.ts'

const MERGE_PATCH = 'application/merge-patch+json'
const MAX_ATTEMPTS = 100
const MAX_DELAY_MS = 50

interface PatchRoute {
  readonly Params: { readonly key: string }
  readonly Querystring: { readonly ttl?: string }
  readonly Body: Buffer | undefined
}

/** PATCH /v1/state/{key}: RFC 7396, on exactly the version that was read. */
export function patchValueRoute(app: FastifyInstance, state: State): void {
  const turns = createTurns()

  app.patch<PatchRoute>('/v1/state/:key', {
    config: { access: { scope: 'write', reads: true } },
    schema: {
      operationId: 'patchValue',
      summary: 'Change parts of a JSON value',
      description: 'A JSON Merge Patch (RFC 7396), atomic. The expiry stays, unless `ttl` gives a new one.',
      tags: ['state'],
      params: keyInPath,
      querystring: ttlQuery,
      headers: conditionHeaders,
      body: { content: { [MERGE_PATCH]: { schema: {} }, 'application/json': { schema: {} } } },
      response: responses({
        200: ok({}, 'The value as it is now.', entryHeaders),
        201: ok({}, 'The value as it is now; there was none.', entryHeaders),
      }),
    },
    async handler(request, reply) {
      const { key } = request.params
      const { ttl } = request.query
      const patch = patchOf(request.headers['content-type'], request.body)
      const precondition = preconditionOf(request.headers)
      const attempt = async (): Promise<Patched | undefined> => {
        const entry = await state.getEntry<Content>(key)
        check(key, precondition, entry?.version)
        const body = jsonCodec.encode(mergePatch(jsonOf(key, entry), patch))
        const options = {
          ...(ttl === undefined ? { keepTtl: entry !== undefined } : { ttl: ttlOf(ttl) }),
          ...(entry === undefined ? { ifAbsent: true } : { ifVersion: entry.version }),
        }
        const result = await unlessLost(state.set(key, { contentType: JSON_MEDIA_TYPE, body }, options))
        return result && { result, body: Buffer.from(body), isNew: entry === undefined }
      }
      const { result, body, isNew } = await turns(key, () => retried(key, attempt))
      setEntryHeaders(reply, result)
      return reply
        .code(isNew ? 201 : 200)
        .header('content-type', JSON_MEDIA_TYPE)
        .send(body)
    },
  })
}

interface Patched {
  readonly result: Written
  readonly body: Buffer
  readonly isNew: boolean
}

function patchOf(contentType: string | undefined, body: Buffer | undefined): unknown {
  const mediaType = mediaTypeOf(contentType)
  if (mediaType !== JSON_MEDIA_TYPE && mediaType.split(';', 1)[0]?.trim().toLowerCase() !== MERGE_PATCH) {
    const detail = `A patch is ${MERGE_PATCH}, not ${mediaType}`
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', detail, { headers: { 'accept-patch': MERGE_PATCH } })
  }
  return parseJson(body ?? Buffer.alloc(0))
}

function jsonOf(key: string, entry: ValueEntry<Content> | undefined): unknown {
  if (entry === undefined) return undefined
  if (isJson(entry.value)) return JSON.parse(bufferOf(entry.value).toString())
  const detail = `'${key}' holds ${entry.value.contentType}; a merge patch changes JSON only`
  throw new RequestError('UNSUPPORTED_MEDIA_TYPE', detail, { key })
}

function check(key: string, precondition: Precondition | undefined, version: string | undefined): void {
  if (precondition === undefined) return
  if (!isMatched(precondition, version) || !isNoneMatched(precondition, version)) throw conflict(key)
}

/** Undefined if someone else wrote meanwhile. */
async function unlessLost(write: Promise<Written>): Promise<Written | undefined> {
  try {
    return await write
  } catch (error) {
    if (isStateError(error, 'CONFLICT')) return undefined
    throw error
  }
}

async function retried<T>(key: string, attempt: () => Promise<T | undefined>): Promise<T> {
  for (let count = 1; count <= MAX_ATTEMPTS; count++) {
    const result = await attempt()
    if (result !== undefined) return result
    await sleep(Math.random() * Math.min(2 ** count, MAX_DELAY_MS))
  }
  throw conflict(key)
}

/** Lets those who patch one key take turns, so that they do not defeat each other. */
function createTurns(): <T>(key: string, run: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return (key, run) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(run, run)
    last.set(key, turn)
    const leave = (): void => {
      if (last.get(key) === turn) last.delete(key)
    }
    turn.then(leave, leave)
    return turn
  }
}

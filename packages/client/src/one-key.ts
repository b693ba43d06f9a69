import { type CallOptions, StateError, type Written } from '@switchyard/core'
import { type Call, query } from './call.ts'
import type { Client } from './client.ts'
import { ifVersionHeader, isTag } from './if-version.ts'
import { jsonText } from './json.ts'
import { readMany, transact } from './many-keys.ts'
import { type Answer, parseJson, type Transport } from './transport.ts'
import { contentOf, entryOfAnswer, notTheServer, versionOf, wireValue } from './values.ts'

/** What a URL's path cannot hold, as it folds them away; documents can. */
const DOTS: ReadonlySet<string> = new Set(['.', '..'])

/** What has to be there: this version, nothing (`null`), or anything (`undefined`). */
type Expected = string | null | undefined

type OneKey = Pick<Client, 'getEntry' | 'has' | 'set' | 'delete' | 'increment' | 'patch'>

/** The calls about one key. */
export function oneKey(transport: Transport): OneKey {
  function call(operation: string, method: Call['method'], key: string, options: CallOptions | undefined) {
    return { operation, method, key, path: pathOf(key), writes: method !== 'GET', options }
  }

  /** As a transaction, for what a path or a header cannot hold. */
  async function writeOne<R>(
    operation: { readonly op: string; readonly key: string },
    expected: Expected,
    options: CallOptions | undefined,
  ): Promise<R> {
    const checks = expected === undefined ? [] : [{ key: operation.key, version: expected }]
    const { results } = await transact(transport, { checks, operations: [operation] }, options)
    return results[0] as R
  }

  return {
    async getEntry(key, options) {
      if (DOTS.has(key)) return (await readMany(transport, [key], options))[0] as never
      const answer = await transport.find(call('get', 'GET', key, options))
      return answer === undefined ? undefined : entryOfAnswer(answer, key)
    },

    async has(key, options) {
      if (DOTS.has(key)) return (await readMany(transport, [key], options))[0] !== undefined
      // Answered without the value if it is there, and with a problem, which tells more than a status, if it is not.
      const headers = { 'if-none-match': '*' }
      const answer = await transport.find({ ...call('has', 'GET', key, options), headers })
      return answer !== undefined && (answer.status === 304 || notTheServer(key))
    },

    async set(key, value, setOptions = {}) {
      const { ttl, keepTtl, ifVersion, ifAbsent = false, contentType, ...options } = setOptions
      if (ifAbsent && ifVersion !== undefined) throw invalid(key, 'ifVersion and ifAbsent exclude each other')
      const expected = ifAbsent ? null : ifVersion
      if (fits(key, expected)) {
        const content = contentOf(key, value, contentType)
        const put = call('set', 'PUT', key, options)
        const headers = { 'content-type': content.contentType, ...condition(expected) }
        const path = put.path + query({ ttl, keepTtl })
        return writtenOf(await transport.find({ ...put, path, headers, body: content.body }), key)
      }
      if (keepTtl === true) throw notSupported(key, 'set with keepTtl')
      const operation = { op: 'set', key, ...wireValue(key, value, contentType), ttl }
      const { version, expiresAt } = await writeOne<Written>(operation, expected, options)
      return expiresAt === undefined ? { version } : { version, expiresAt }
    },

    async delete(key, { ifVersion, ...options } = {}) {
      if (fits(key, ifVersion)) {
        const headers = condition(ifVersion)
        const answer = await transport.find({ ...call('delete', 'DELETE', key, options), headers })
        return answer !== undefined && (answer.status === 204 || notTheServer(key))
      }
      return (await writeOne<{ readonly deleted: boolean }>({ op: 'delete', key }, ifVersion, options))
        .deleted
    },

    async increment(key, by = 1, { ttl, ...options } = {}) {
      const operation = { op: 'increment', key, by, ttl }
      return (await writeOne<{ readonly value: number }>(operation, undefined, options)).value
    },

    async patch(key, patch, { ttl, ifVersion, ...options } = {}) {
      if (!fits(key, ifVersion)) throw notSupported(key, 'patched')
      const patching = call('patch', 'PATCH', key, options)
      const headers = { 'content-type': 'application/merge-patch+json', ...condition(ifVersion) }
      const path = patching.path + query({ ttl })
      const answer = await transport.find({ ...patching, path, headers, body: jsonText(patch, key) })
      return parseJson(there(answer, key), patching)
    },
  }
}

/** @throws StateError `INVALID_KEY` for what a path cannot name; everything else is for the server to refuse */
function pathOf(key: string): string {
  if (typeof key === 'string' && key !== '' && key.isWellFormed())
    return `/v1/state/${encodeURIComponent(key)}`
  throw new StateError(
    'INVALID_KEY',
    `Key ${JSON.stringify(key)} must be text that is not empty and well-formed`,
    {
      key: String(key),
    },
  )
}

function fits(key: string, expected: Expected): boolean {
  return !DOTS.has(key) && isTag(expected ?? '')
}

function condition(expected: Expected): Readonly<Record<string, string>> {
  return expected === null ? { 'if-none-match': '*' } : ifVersionHeader(expected)
}

function writtenOf(answer: Answer | undefined, key: string): Written {
  const { headers } = there(answer, key)
  const expiresAt = headers.get('expires-at')
  const version = versionOf(headers, key)
  return expiresAt === null ? { version } : { version, expiresAt: Date.parse(expiresAt) }
}

/** The server never says of a write that the key is not there. */
function there(answer: Answer | undefined, key: string): Answer {
  return answer ?? notTheServer(key)
}

function invalid(key: string, message: string): StateError {
  return new StateError('INVALID_OPTIONS', message, { key })
}

function notSupported(key: string, what: string): StateError {
  const message = `'${key}' cannot be ${what}: no URL can carry this key or version`
  return new StateError('NOT_SUPPORTED', message, { key })
}

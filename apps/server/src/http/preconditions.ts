import type { IncomingHttpHeaders } from 'node:http'
import { conflict, isStateError, type State } from '@switchyard/core'
import { RequestError } from '../problems/request-error.ts'

interface EntityTag {
  readonly version: string
  readonly weak: boolean
}

type EntityTags = '*' | readonly EntityTag[]

/** What If-Match and If-None-Match ask for. */
export interface Precondition {
  readonly ifMatch: EntityTags | undefined
  readonly ifNoneMatch: EntityTags | undefined
}

/** What a write has to find: this version, nothing (`null`), or anything (`undefined`). */
export type Expected = string | null | undefined

const MAX_ATTEMPTS = 100

/** Whether the request depends on what is there. */
export function hasPrecondition(headers: IncomingHttpHeaders): boolean {
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined
}

/** @throws RequestError `BAD_REQUEST` for a header that is not a list of entity tags. */
export function preconditionOf(headers: IncomingHttpHeaders): Precondition | undefined {
  if (!hasPrecondition(headers)) return undefined
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = headers
  return { ifMatch: tagsOf('If-Match', ifMatch), ifNoneMatch: tagsOf('If-None-Match', ifNoneMatch) }
}

/** @param version the present one; undefined: there is no such key */
export function isMatched({ ifMatch }: Precondition, version: string | undefined): boolean {
  if (ifMatch === undefined) return true
  if (ifMatch === '*') return version !== undefined
  return ifMatch.some((tag) => !tag.weak && tag.version === version)
}

/** @param version the present one; undefined: there is no such key */
export function isNoneMatched({ ifNoneMatch }: Precondition, version: string | undefined): boolean {
  if (ifNoneMatch === undefined) return true
  if (ifNoneMatch === '*') return version === undefined
  return ifNoneMatch.every((tag) => tag.version !== version)
}

/**
 * Writes if the precondition holds, atomically: on the version that it names, or else on the one that was read,
 * and again if someone else wrote meanwhile.
 *
 * @throws StateError `CONFLICT` if it does not hold.
 */
export async function writeIf<T>(
  state: State,
  key: string,
  precondition: Precondition | undefined,
  write: (expected: Expected) => Promise<T>,
): Promise<T> {
  const known = precondition === undefined ? { expected: undefined } : knownFrom(precondition)
  if (precondition === undefined || known !== undefined) return write(known?.expected)
  for (let attempt = 1; ; attempt++) {
    const version = (await state.getEntry(key))?.version
    if (!isMatched(precondition, version) || !isNoneMatched(precondition, version)) throw conflict(key)
    try {
      return await write(version ?? null)
    } catch (error) {
      if (!isStateError(error, 'CONFLICT') || attempt === MAX_ATTEMPTS) throw error
    }
  }
}

/** What the write has to find, where the precondition alone tells. */
function knownFrom({ ifMatch, ifNoneMatch }: Precondition): { readonly expected: string | null } | undefined {
  if (ifMatch === undefined) return ifNoneMatch === '*' ? { expected: null } : undefined
  if (ifNoneMatch !== undefined || ifMatch === '*' || ifMatch.length !== 1) return undefined
  const [tag] = ifMatch
  return tag === undefined || tag.weak ? undefined : { expected: tag.version }
}

const TAG = /(W\/)?"([!#-~\x80-\xff]*)"/y
const SEPARATOR = /[ \t]*(?:,[ \t]*)+/y

function tagsOf(name: string, header: string | undefined): EntityTags | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  if (text === '*') return '*'
  const tags: EntityTag[] = []
  let position = 0
  while (position < text.length || tags.length === 0) {
    TAG.lastIndex = position
    const match = TAG.exec(text)
    if (match === null) break
    tags.push({ version: match[2] as string, weak: match[1] !== undefined })
    if (TAG.lastIndex === text.length) return tags
    SEPARATOR.lastIndex = TAG.lastIndex
    if (!SEPARATOR.test(text)) break
    position = SEPARATOR.lastIndex
  }
  throw new RequestError('BAD_REQUEST', `${name} is '*' or a list of quoted versions, such as "abc", "def"`)
}

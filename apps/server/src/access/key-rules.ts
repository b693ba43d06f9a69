import type { FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import type { Principal } from './principal.ts'

/** Whether it may touch every key. */
export function isUnrestricted({ prefixes }: Principal): boolean {
  return prefixes[0] === ''
}

/** @throws RequestError `FORBIDDEN` unless the key is one of the principal's. */
export function allowKey({ principal }: FastifyRequest, key: string): void {
  if (isWithin(principal, key)) return
  throw new RequestError('FORBIDDEN', `Key '${key}' is not one of ${keysOf(principal)}`, { key })
}

/** @throws RequestError `FORBIDDEN` unless every key with the prefix is one of the principal's. */
export function allowPrefix({ principal }: FastifyRequest, prefix: string): void {
  if (isWithin(principal, prefix)) return
  throw new RequestError('FORBIDDEN', `Prefix '${prefix}' has more than ${keysOf(principal)}`)
}

/**
 * The prefixes of exactly those keys that start with the prefix and are the principal's, in UTF-8 byte order. No key has two.
 *
 * @throws RequestError `FORBIDDEN` if there can be none.
 */
export function allowedPrefixes({ principal }: FastifyRequest, prefix: string): readonly string[] {
  if (isWithin(principal, prefix)) return [prefix]
  const narrower = principal.prefixes.filter((own) => own.startsWith(prefix))
  if (narrower.length > 0) return narrower
  throw new RequestError('FORBIDDEN', `Prefix '${prefix}' has none of ${keysOf(principal)}`)
}

function isWithin({ prefixes }: Principal, text: string): boolean {
  return prefixes.some((prefix) => text.startsWith(prefix))
}

function keysOf({ name, prefixes }: Principal): string {
  return `the keys of '${name}': ${prefixes.map((prefix) => `'${prefix}'`).join(', ')}`
}

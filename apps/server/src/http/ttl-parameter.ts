import type { Ttl } from '@switchyard/core'

const NUMBER = /^[+-]?\d+(?:\.\d+)?$/

/** `?ttl=60000` is milliseconds, `?ttl=1m` has a unit. What is neither is refused by core, as `INVALID_TTL`. */
export function ttlOf(text: string): Ttl {
  return NUMBER.test(text) ? Number(text) : (text as Ttl)
}

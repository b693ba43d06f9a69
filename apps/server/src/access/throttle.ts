import { isIPv6 } from 'node:net'

/** Slows down who tries one token after the other. */
export interface Throttle {
  /** Milliseconds until the address may try a token that it has neither used nor tried before; 0: at once. */
  waitMs(address: string, token: string): number
  accepted(address: string, token: string): void
  /** Whether it has been refused of late, so that there is no more to say of it. */
  isKnown(address: string, token: string): boolean
  /** Whether this was the one too many. */
  refused(address: string, token: string): boolean
}

interface Attempts {
  /** So that one who goes on with an old token does not stand in the way of others behind the same address. */
  readonly refused: Set<string>
  /** So that nobody is locked out by another one behind the same address. */
  readonly accepted: Set<string>
  startedAt: number
}

const WINDOW_MS = 60_000

/** Different wrong tokens of one address in a window. */
const MAX_REFUSED = 10

const MAX_ACCEPTED = 100

/** Of those that were heard from least recently nothing is known. */
const MAX_ADDRESSES = 10_000

/** @param now ms of a clock that is never set: one that was set back would lock addresses out for as long */
export function createThrottle(now: () => number): Throttle {
  const addresses = new Map<string, Attempts>()

  function attemptsOf(address: string): Attempts {
    const group = groupOf(address)
    const known = addresses.get(group)
    const attempts = known ?? { refused: new Set(), accepted: new Set(), startedAt: now() }
    if (now() - attempts.startedAt >= WINDOW_MS) {
      attempts.refused.clear()
      attempts.startedAt = now()
    }
    addresses.delete(group)
    addresses.set(group, attempts)
    dropOldest(addresses, MAX_ADDRESSES)
    return attempts
  }

  return {
    waitMs(address, token) {
      const attempts = addresses.get(groupOf(address))
      if (attempts === undefined || attempts.refused.size < MAX_REFUSED) return 0
      if (attempts.accepted.has(token) || attempts.refused.has(token)) return 0
      return Math.max(0, attempts.startedAt + WINDOW_MS - now())
    },
    accepted(address, token) {
      if (addresses.get(groupOf(address))?.accepted.has(token) === true) return
      const { accepted } = attemptsOf(address)
      accepted.add(token)
      dropOldest(accepted, MAX_ACCEPTED)
    },
    isKnown(address, token) {
      const attempts = addresses.get(groupOf(address))
      if (attempts === undefined || now() - attempts.startedAt >= WINDOW_MS) return false
      return attempts.refused.has(token)
    },
    refused(address, token) {
      const { refused } = attemptsOf(address)
      const before = refused.size
      if (before < MAX_REFUSED) refused.add(token)
      return before < MAX_REFUSED && refused.size === MAX_REFUSED
    },
  }
}

/** One who has an IPv6 address usually has all of its /64. */
function groupOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail = ''] = address.split('::', 2)
  const groups = head.split(':').filter((group) => group !== '')
  const count = tail.split(':').filter((group) => group !== '').length
  const zeros = address.includes('::') ? Array<string>(Math.max(0, 8 - groups.length - count)).fill('0') : []
  return [...groups, ...zeros, ...tail.split(':')].slice(0, 4).join(':')
}

function dropOldest(kept: Map<string, unknown> | Set<string>, limit: number): void {
  const [oldest] = kept.keys()
  if (kept.size > limit && oldest !== undefined) kept.delete(oldest)
}

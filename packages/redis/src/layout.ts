/** Where a key is in Redis. */
export interface Layout {
  /** What Redis calls the key. */
  nameOf(key: string): string
  /** The key that Redis calls so. */
  keyOf(name: string): string
  /** A SCAN pattern for the names of all keys that start with a prefix. */
  pattern(prefix: string): string
  /** The number of a key's stripe. */
  stripeOf(key: string): number
  /** By their numbers; none in the plain layout. */
  readonly stripes: readonly Stripe[]
  /** The channel that says in which stripes there are new changes. */
  readonly channel: string
}

/**
 * The keys of one stripe are in one slot of a cluster, with what belongs to the stripe as a whole, so that one script
 * sees them together. The number is part of the layout: another one would move keys.
 */
const STRIPES = 64

/** What belongs to a stripe as a whole. */
export interface Stripe {
  /** What its names start with. */
  readonly tag: string
  /** '<mode>:<token>' while the stripe is being moved elsewhere, 'serve' while somebody watches it. */
  readonly fence: string
  /** Names written while the fence's mode is 'track'. */
  readonly dirty: string
  /** The stream of changes, kept while somebody watches. */
  readonly changes: string
}

/** `<prefix>:{s07}:k:<key>`; the hash tag in braces decides the slot. */
export function stripedLayout(prefix: string): Layout {
  const tags = Array.from({ length: STRIPES }, (_, stripe) => {
    return `${prefix}:{s${String(stripe).padStart(2, '0')}}:`
  })
  const keyStarts = tags.map((tag) => `${tag}k:`)
  const keyAt = keyStarts[0]?.length
  return {
    nameOf: (key) => keyStarts[stripeOf(key)] + key,
    keyOf: (name) => name.slice(keyAt),
    pattern: (start) => `${escapeGlob(prefix)}:{s??}:k:${escapeGlob(start)}*`,
    stripeOf,
    channel: `${prefix}:changes`,
    stripes: tags.map((tag) => ({
      tag,
      fence: `${tag}fence`,
      dirty: `${tag}dirty`,
      changes: `${tag}changes`,
    })),
  }
}

/** FNV-1a over the UTF-16 units. */
function stripeOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  }
  return ((hash >>> 16) ^ hash) & (STRIPES - 1)
}

/** What the version of a plain key stands under: no key of ours or of a sane program contains NUL. */
export const SIDECAR = '\0switchyard'

/** `<prefix><key>`, as other programs call it. */
export function plainLayout(prefix: string): Layout {
  return {
    nameOf: (key) => prefix + key,
    keyOf: (name) => name.slice(prefix.length),
    pattern: (start) => `${escapeGlob(prefix + start)}*`,
    stripeOf: () => 0,
    stripes: [],
    channel: '',
  }
}

/** A prefix is literal: what SCAN takes for a pattern is escaped. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&')
}

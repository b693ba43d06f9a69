/** Fills the array with random bytes and returns it, as `crypto.getRandomValues` does. */
export type Random = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array

export const systemRandom: Random = (bytes) => crypto.getRandomValues(bytes)

/**
 * Makes versions: 96 random bits of this maker, then a counter. Unique among all processes,
 * never reused, and an ETag can carry them.
 */
export function createVersions(random: Random): () => string {
  const maker = Buffer.from(random(new Uint8Array(12))).toString('base64url')
  let count = 0
  return () => maker + (count++).toString(36)
}

/** Stands in the place of a parameter whose percent-encoding is broken; no route knows it, so all refuse it. */
export const MALFORMED = 'malformed percent-encoding'

/** Strict, unlike the usual ones: a parameter that cannot be decoded is not taken as it is. */
export function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null)
  if (text === '') return query
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const split = pair.indexOf('=')
    try {
      const name = decode(split === -1 ? pair : pair.slice(0, split))
      const value = split === -1 ? '' : decode(pair.slice(split + 1))
      const earlier = query[name]
      query[name] = earlier === undefined ? value : [earlier, value].flat()
    } catch {
      query[MALFORMED] = pair
    }
  }
  return query
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}

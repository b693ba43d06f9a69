import { StateError } from '@switchyard/core'

/**
 * The JSON text of a value.
 *
 * @param key of which it is the value; undefined: it is a document
 * @throws StateError `NOT_SERIALIZABLE` for what JSON would change: NaN and infinities, undefined, Date, Map, Set,
 *   BigInt, class instances, functions, symbols, cycles. (-0 comes back as 0.)
 */
export function jsonText(value: unknown, key?: string): string {
  const named = key === undefined ? 'the document' : `the value of '${key}'`
  let text: string | undefined
  let lossy: string | undefined
  try {
    // The text first, as that finds the cycles.
    text = JSON.stringify(value)
    lossy = findLossy(value)
  } catch (cause) {
    throw new StateError('NOT_SERIALIZABLE', `JSON cannot hold ${named}: ${(cause as Error).message}`, {
      key,
      cause,
    })
  }
  if (lossy === undefined && text !== undefined) return text
  throw new StateError('NOT_SERIALIZABLE', `JSON would not keep ${named} as it is: value${lossy}`, { key })
}

/** Where something is that is no plain data. */
function findLossy(value: unknown): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return undefined
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length)
      return ': an array with holes, or with properties beside its items'
    return firstOf(value.map((item, i) => [`[${i}]`, item]))
  }
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined
  if (prototype !== Object.prototype && prototype !== null) return `: ${describe(value)}`
  if (Object.getOwnPropertySymbols(value).length > 0) return ': a property named by a symbol'
  return firstOf(Object.entries(value as object).map(([name, item]) => [`.${name}`, item]))
}

function firstOf(items: readonly (readonly [string, unknown])[]): string | undefined {
  for (const [path, item] of items) {
    const found = findLossy(item)
    if (found !== undefined) return path + found
  }
  return undefined
}

function describe(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  return `an instance of ${Object.getPrototypeOf(value)?.constructor?.name ?? 'a class'}`
}

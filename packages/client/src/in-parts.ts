import { asStateError, StateError } from '@switchyard/core'

/** Something that is written under a key, or the key. */
type Item = string | { readonly key: string }

/** As many items in each part as the limit allows, one at the least. */
export function partsOf<T>(
  items: readonly T[],
  limit: number,
  sizeOf: (item: T) => number = () => 1,
): readonly (readonly T[])[] {
  const parts: T[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const item of items) {
    size += sizeOf(item)
    if (size > limit) {
      parts.push([])
      size = sizeOf(item)
    }
    parts.at(-1)?.push(item)
  }
  return parts
}

/** Writes one part after the other. The failure of one names what was not written of it, and all that comes after it. */
export async function writeParts<T extends Item, R>(
  parts: readonly (readonly T[])[],
  write: (part: readonly T[]) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  for (const [i, part] of parts.entries()) {
    try {
      results.push(await write(part))
    } catch (cause) {
      if (parts.length === 1) throw cause
      const { code, message, notApplied, retryable, operation } = asStateError(cause, {})
      const own = notApplied ?? (code === 'OUTCOME_UNKNOWN' ? [] : part.map(keyOf))
      const rest = parts
        .slice(i + 1)
        .flat()
        .map(keyOf)
      throw new StateError(code, message, { notApplied: [...own, ...rest], retryable, operation, cause })
    }
  }
  return results
}

function keyOf(item: Item): string {
  return typeof item === 'string' ? item : item.key
}

import { StateError } from '../errors.ts'

/**
 * Where in the value is something that plain data (null, booleans, numbers, strings, arrays and plain
 * objects of these) cannot express? The path and the reason, or undefined if all of it is plain.
 *
 * @param isOtherLeaf what the codec keeps besides plain data
 */
export function findLossy(value: unknown, isOtherLeaf?: (leaf: unknown) => boolean): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      if (Number.isFinite(value)) return undefined
      break
    case 'object': {
      if (value === null) return undefined
      if (Array.isArray(value)) return findInArray(value, isOtherLeaf)
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype === Object.prototype || prototype === null) return findInObject(value, isOtherLeaf)
    }
  }
  return isOtherLeaf?.(value) === true ? undefined : `: ${describe(value)}`
}

function findInArray(
  array: readonly unknown[],
  isOtherLeaf?: (leaf: unknown) => boolean,
): string | undefined {
  for (let i = 0; i < array.length; i++) {
    const found = findLossy(array[i], isOtherLeaf)
    if (found !== undefined) return `[${i}]${found}`
  }
  return undefined
}

function findInObject(object: object, isOtherLeaf?: (leaf: unknown) => boolean): string | undefined {
  for (const name in object) {
    const found = findLossy((object as Readonly<Record<string, unknown>>)[name], isOtherLeaf)
    if (found !== undefined) return `.${name}${found}`
  }
  return Object.getOwnPropertySymbols(object).length === 0 ? undefined : ': a property named by a symbol'
}

function describe(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  return `an instance of ${Object.getPrototypeOf(value)?.constructor?.name ?? 'a class'}`
}

/** @param found what {@link findLossy} found */
export function notSerializable(codec: string, found: string): StateError {
  const message = `Codec '${codec}' would not give this value back as it is: value${found}`
  return new StateError('NOT_SERIALIZABLE', message)
}

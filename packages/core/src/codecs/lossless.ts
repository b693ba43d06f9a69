import { StateError } from '../errors.ts'

/** What a codec keeps besides plain data, and what of plain data it does not keep. */
export interface Keeps {
  /** A value that is no plain data, and comes back all the same. */
  leaf?(value: unknown): boolean
  /** Whether this text comes back. */
  text?(text: string): boolean
  /** Whether a property of this name comes back. */
  name?(name: string): boolean
}

const EVERYTHING: Keeps = {}

/**
 * Where in the value is something that plain data (null, booleans, numbers, strings, arrays and plain
 * objects of these) cannot express? The path and the reason, or undefined if all of it is plain.
 */
export function findLossy(value: unknown, keeps: Keeps = EVERYTHING): string | undefined {
  switch (typeof value) {
    case 'string':
      return keeps.text?.(value) === false ? ': text that is not well-formed Unicode' : undefined
    case 'boolean':
      return undefined
    case 'number':
      if (Number.isFinite(value)) return undefined
      break
    case 'object': {
      if (value === null) return undefined
      const prototype: unknown = Object.getPrototypeOf(value)
      if (prototype === Array.prototype) return findInArray(value as readonly unknown[], keeps)
      if (prototype === Object.prototype || prototype === null) return findInObject(value, keeps)
    }
  }
  return keeps.leaf?.(value) === true ? undefined : `: ${describe(value)}`
}

function findInArray(array: readonly unknown[], keeps: Keeps): string | undefined {
  for (let i = 0; i < array.length; i++) {
    const found = findLossy(array[i], keeps)
    if (found !== undefined) return `[${i}]${found}`
  }
  return Object.keys(array).length === array.length
    ? undefined
    : ': an array with properties beside its items'
}

function findInObject(object: object, keeps: Keeps): string | undefined {
  for (const name in object) {
    if (keeps.name?.(name) === false) return `: a property named ${JSON.stringify(name)}`
    const found = findLossy((object as Readonly<Record<string, unknown>>)[name], keeps)
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

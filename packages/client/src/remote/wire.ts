import type { Entry, ListedEntry, Operation } from '@switchyard/core'

/** An entry in JSON. */
export interface WireEntry {
  /** base64 */
  readonly value: string
  readonly version: string
  readonly expiresAt?: number
}

export type WireOperation =
  | { readonly op: 'set'; readonly key: string; readonly entry: WireEntry }
  | Exclude<Operation, { readonly op: 'set' }>

/** A line of a list. */
export interface WireLine {
  readonly entries?: readonly ({ readonly key: string } & Partial<WireEntry>)[]
  readonly problem?: { readonly code: string; readonly detail: string }
  /** Nothing is missing. */
  readonly end?: true
}

export function wireOf({ value, version, expiresAt }: Entry): WireEntry {
  const base64 = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
  return expiresAt === undefined ? { value: base64, version } : { value: base64, version, expiresAt }
}

export function wireOperation(operation: Operation): WireOperation {
  return operation.op === 'set' ? { ...operation, entry: wireOf(operation.entry) } : operation
}

/** Characters of it in a document, more or less. */
export function lengthOf(operation: WireOperation): number {
  return operation.key.length + (operation.op === 'set' ? operation.entry.value.length : 0) + 100
}

export function entryOf({ value, version, expiresAt }: WireEntry): Entry {
  const bytes = Buffer.from(value, 'base64')
  return expiresAt === undefined ? { value: bytes, version } : { value: bytes, version, expiresAt }
}

export function listedOf({ key, ...entry }: { readonly key: string } & Partial<WireEntry>): ListedEntry {
  return entry.value === undefined ? { key } : { key, entry: entryOf(entry as WireEntry) }
}

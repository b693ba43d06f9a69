import type {
  Entry,
  ListedEntry,
  Operation,
  OperationResult,
  TransactionOperationResult,
} from '@switchyard/core'
import { RequestError } from '../problems/request-error.ts'

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

/** Characters of entries in one line of a list. */
const LINE_LENGTH = 1024 * 1024

export function wireOf({ value, ...rest }: Entry): WireEntry {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return { value: bytes.toString('base64'), ...rest }
}

/** @throws RequestError for what is not base64 */
export function entryOfWire({ value, ...rest }: WireEntry): Entry {
  if (value.length % 4 !== 0)
    throw new RequestError('BAD_REQUEST', 'base64 comes in groups of four characters')
  return { value: Buffer.from(value, 'base64'), ...rest }
}

export function operationOfWire(operation: WireOperation): Operation {
  return operation.op === 'set' ? { ...operation, entry: entryOfWire(operation.entry) } : operation
}

/** As stores answer: the versions are those that the caller gave. */
export function resultOf(result: TransactionOperationResult): OperationResult {
  if (result.op === 'set') return { op: 'set' }
  if (result.op === 'delete') return result
  const { version: _, ...increment } = result
  return increment
}

/** Each some entries in JSON, and one that says that these were all. */
export async function* listLines(pages: AsyncIterable<readonly ListedEntry[]>): AsyncGenerator<string, void> {
  for await (const page of pages) {
    let texts: string[] = []
    let length = 0
    for (const { key, entry } of page) {
      const text = JSON.stringify(entry === undefined ? { key } : { key, ...wireOf(entry) })
      texts.push(text)
      length += text.length
      if (length < LINE_LENGTH) continue
      yield `{"entries":[${texts.join()}]}\n`
      texts = []
      length = 0
    }
    if (texts.length > 0) yield `{"entries":[${texts.join()}]}\n`
  }
  yield '{"end":true}\n'
}

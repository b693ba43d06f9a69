import { type ListedEntry, type ListOptions, StateError } from '@switchyard/core'
import { type Call, post } from '../call.ts'
import { problemError } from '../problem.ts'
import type { Transport } from '../transport.ts'
import { listedOf, type WireLine } from './wire.ts'

/** Between two parts of a list; the backend has to read its next page meanwhile. */
const IDLE_MS = 60_000
const LINE_FEED = 0x0a

const utf8 = new TextDecoder()

/** A list in order: a request for each page, which can be repeated. */
export async function* listInOrder(
  transport: Pick<Transport, 'answer'>,
  { prefix = '', after, limit = 1000, keysOnly = false, signal }: ListOptions,
): AsyncGenerator<readonly ListedEntry[]> {
  let from = after
  for (;;) {
    const call = listCall({ prefix, after: from, limit, keysOnly, ordered: true }, signal)
    const page: ListedEntry[] = []
    const { body } = await transport.answer(call)
    for await (const entries of entriesOf([body], call)) page.push(...entries)
    if (page.length > 0) yield page
    if (page.length < limit) return
    from = page.at(-1)?.key
  }
}

/** A list in whatever order: one request for all of it, as nothing could be asked for from the middle on. */
export async function* listInOne(
  transport: Pick<Transport, 'stream'>,
  { prefix = '', limit = 1000, keysOnly = false, signal }: ListOptions,
): AsyncGenerator<readonly ListedEntry[]> {
  const call = listCall({ prefix, keysOnly }, signal)
  for await (const entries of entriesOf(await transport.stream(call, IDLE_MS), call)) {
    for (let i = 0; i < entries.length; i += limit) yield entries.slice(i, i + limit)
  }
}

function listCall(document: object, signal: AbortSignal | undefined): Call {
  return post('list', '/v1/store/list', document, {
    writes: false,
    options: signal === undefined ? undefined : { signal },
  })
}

/** @throws StateError `BACKEND_ERROR` for what the server does not send */
function lineOf(text: string, call: Call): WireLine {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line === 'object' && line !== null) return line
  } catch {
    // Told below.
  }
  const message =
    'A line of the list is not JSON: something else than a Switchyard server answers at this URL'
  throw new StateError('BACKEND_ERROR', message, call)
}

/** @throws StateError `UNAVAILABLE` if the list was cut off, and what the server says in the middle of it */
async function* entriesOf(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  call: Call,
): AsyncGenerator<readonly ListedEntry[]> {
  for await (const text of linesOf(parts)) {
    const { entries, problem, end } = lineOf(text, call)
    if (end === true) return
    if (problem !== undefined) throw problemError(problem, call)
    if (entries !== undefined) yield entries.map(listedOf)
  }
  throw new StateError('UNAVAILABLE', 'The list was cut off in the middle', call)
}

async function* linesOf(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  let pending: Uint8Array[] = []
  for await (const part of parts) {
    let start = 0
    for (let end = part.indexOf(LINE_FEED); end !== -1; end = part.indexOf(LINE_FEED, start)) {
      yield utf8.decode(Buffer.concat([...pending, part.subarray(start, end)]))
      pending = []
      start = end + 1
    }
    if (start < part.length) pending.push(part.subarray(start))
  }
}

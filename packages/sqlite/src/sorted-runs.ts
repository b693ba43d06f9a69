import type { Entry, ListedEntry } from '@switchyard/core'

export interface Row {
  readonly key: string
  readonly entry: Entry
}

/** Entries that are sorted together, and the bytes of their values, at the most. */
const RUN_LENGTH = 20_000
const RUN_BYTES = 8_388_608

/**
 * The entries in long sorted runs. Keys that come in no order touch a page of the index each, which is written to the log
 * with every transaction; in a run neighbours share it.
 */
export async function* sortedRuns(
  pages: AsyncIterable<readonly ListedEntry[]>,
): AsyncIterable<readonly Row[]> {
  let run: Row[] = []
  let bytes = 0
  for await (const page of pages) {
    for (const { key, entry } of page) {
      if (entry === undefined) throw new TypeError('An import was given a key without its entry')
      run.push({ key, entry })
      bytes += entry.value.byteLength
    }
    if (run.length < RUN_LENGTH && bytes < RUN_BYTES) continue
    yield run.sort(byKey)
    run = []
    bytes = 0
  }
  yield run.sort(byKey)
}

/** Nearly the order of the index, which is by bytes. */
function byKey(a: Row, b: Row): number {
  return a.key < b.key ? -1 : 1
}

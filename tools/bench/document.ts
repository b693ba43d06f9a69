import { readFileSync, writeFileSync } from 'node:fs'

const DOCUMENT = new URL('../../docs/benchmarks.md', import.meta.url)

/** Puts a part's results where its markers are. */
export function writeResults(part: string, results: string): void {
  const [begin, end] = [`<!-- results: ${part} -->`, `<!-- end of ${part} -->`]
  const text = readFileSync(DOCUMENT, 'utf8')
  const [before, rest] = text.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/benchmarks.md has no '${begin}'`)
  writeFileSync(DOCUMENT, `${before}${begin}\n\n${results}\n\n${end}${after}`)
}

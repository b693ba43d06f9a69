import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { UNFINISHED } from '@switchyard/core'
import { MANIFEST } from '../manifest.ts'
import { isShard, SUFFIX } from './file-name.ts'

export interface Found {
  /** Files of keys, named from the folder. */
  readonly documents: readonly string[]
  /** Files that were not complete when the process that wrote them ended. */
  readonly leftovers: readonly string[]
}

/** The files directly in the folder and in its shards; anything else in it belongs to somebody else. */
export function scan(folder: string): Found {
  const found = scanFolder(folder, '')
  for (const name of shardsIn(folder)) {
    const { documents, leftovers } = scanFolder(folder, name)
    found.documents.push(...documents)
    found.leftovers.push(...leftovers)
  }
  return found
}

export function shardsIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isShard(entry.name))
    .map(({ name }) => name)
}

/** `shard`: '' for the folder itself. */
export function scanFolder(folder: string, shard: string): { documents: string[]; leftovers: string[] } {
  const documents: string[] = []
  const leftovers: string[] = []
  for (const entry of readdirSync(join(folder, shard), { withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const file = shard === '' ? entry.name : `${shard}/${entry.name}`
    if (entry.name.startsWith(UNFINISHED)) leftovers.push(file)
    else if (isDocument(file)) documents.push(file)
  }
  return { documents, leftovers }
}

/** Hidden files and those with other endings are an editor's. */
export function isDocument(file: string): boolean {
  const name = file.slice(file.indexOf('/') + 1)
  return name.endsWith(SUFFIX) && !name.startsWith('.') && file !== MANIFEST && file !== 'intent.json'
}

import type { Stats } from 'node:fs'
import { createKeyIndex, type Entry, isExpired, type KeyIndex, type StateError } from '@switchyard/core'
import { fileNameOf, isShard, keyOfFileName } from './file-name.ts'

/** By what a file is known to be the one that was read or written last. */
export interface Stamp {
  readonly inode: number
  readonly size: number
  readonly modified: number
}

export function stampOf({ ino, size, mtimeMs }: Stats): Stamp {
  return { inode: ino, size, modified: mtimeMs }
}

/** `undefined`: of what is no file, such as a link. */
export function isSameStamp(a: Stamp | undefined, b: Stamp | undefined): boolean {
  return a?.inode === b?.inode && a?.size === b?.size && a?.modified === b?.modified
}

interface Indexed {
  readonly entry: Entry
  readonly stamp: Stamp
}

/** A file that is there and cannot be served. */
export interface BrokenFile {
  readonly error: StateError
  readonly stamp: Stamp | undefined
}

/** All that the folder holds; files are named from the folder: 'a7/name.json'. */
export interface TreeIndex {
  readonly keys: ReadonlyMap<string, Indexed>
  readonly sorted: KeyIndex
  readonly broken: ReadonlyMap<string, BrokenFile>
  /** Of live entries only. @throws StateError if the file of the key is broken: `CORRUPT`, or why it cannot be read */
  live(key: string, now: number): Entry | undefined
  /** Undefined if there is no live entry; '' if the file of the key is broken. */
  versionOf(key: string, now: number): string | undefined
  keyOf(file: string): string | undefined
  /** Of the keys, and those that are broken. */
  files(): ReadonlySet<string>
  /** Of the file as it was read or written last. */
  stampOf(file: string): Stamp | undefined
  set(key: string, entry: Entry, stamp: Stamp): void
  delete(key: string): void
  breakFile(file: string, broken: BrokenFile): void
  mend(file: string): void
  /** @throws StateError as for `live`, if a file is broken whose key may have the prefix */
  assertWhole(prefix: string): void
}

export function createTreeIndex(): TreeIndex {
  const keys = new Map<string, Indexed>()
  const files = new Map<string, string>()
  const broken = new Map<string, BrokenFile>()
  const sorted = createKeyIndex(keys)

  function live(key: string, now: number): Entry | undefined {
    const entry = keys.get(key)?.entry
    return entry === undefined || isExpired(entry, now) ? undefined : entry
  }

  /** What was read before a file was broken is still served. */
  function brokenFileOf(key: string): StateError | undefined {
    return broken.size === 0 || keys.has(key) ? undefined : broken.get(fileNameOf(key))?.error
  }

  return {
    keys,
    sorted,
    broken,
    live(key, now) {
      const error = brokenFileOf(key)
      if (error !== undefined) throw error
      return live(key, now)
    },
    versionOf: (key, now) => (brokenFileOf(key) === undefined ? live(key, now)?.version : ''),
    keyOf: (file) => files.get(file),
    files: () => new Set([...files.keys(), ...broken.keys()]),
    stampOf(file) {
      if (broken.has(file)) return broken.get(file)?.stamp
      return keys.get(files.get(file) ?? '')?.stamp
    },
    set(key, entry, stamp) {
      const isNew = !keys.has(key)
      keys.set(key, { entry, stamp })
      if (!isNew) return
      sorted.add(key)
      files.set(fileNameOf(key), key)
    },
    delete(key) {
      if (!keys.delete(key)) return
      sorted.delete()
      files.delete(fileNameOf(key))
    },
    breakFile: (file, what) => void broken.set(file, what),
    mend: (file) => void broken.delete(file),
    assertWhole(prefix) {
      for (const [file, { error }] of broken) {
        // What a person put elsewhere is reported, and hides no key; neither does what is still known of a file.
        if (!isShard(file.slice(0, 2)) || file[2] !== '/' || files.has(file)) continue
        if (keyOfFileName(file)?.startsWith(prefix) ?? true) throw error
      }
    },
  }
}

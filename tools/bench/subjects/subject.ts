import type { Item } from '../data.ts'

/** What a subject of a comparison can do, each in its own best way; what it has no way for is left out. */
export interface Subject {
  get(key: string): unknown
  set(key: string, value: object): unknown
  getMany?(keys: string[]): unknown
  setMany?(items: Item[]): unknown
  /** Reads all entries; how many there are. */
  scan?(): Promise<number>
  /** The keys with a prefix; how many there are. */
  list?(prefix: string): Promise<number>
  close?(): unknown
}

/** By name. */
export type Subjects = ReadonlyMap<string, Subject>

export async function fill(subjects: Subjects, items: readonly Item[]): Promise<void> {
  for (const subject of subjects.values()) {
    for (let i = 0; i < items.length; i += 1000) {
      const part = items.slice(i, i + 1000)
      if (subject.setMany !== undefined) await subject.setMany(part)
      else await Promise.all(part.map(({ key, value }) => subject.set(key, value)))
    }
  }
}

export async function closeAll(subjects: Subjects): Promise<void> {
  for (const subject of subjects.values()) await subject.close?.()
}

/** Keys whose entry in the target may differ from the source's. */
export interface DirtyKeys {
  readonly size: number
  has(key: string): boolean
  add(key: string): void
  /** So many of them, which no longer count as dirty: what is written to them from now on adds them again. */
  take(count: number): readonly string[]
}

export function createDirtyKeys(): DirtyKeys {
  const keys = new Set<string>()
  return {
    get size() {
      return keys.size
    },
    has: (key) => keys.has(key),
    add: (key) => void keys.add(key),
    take(count) {
      const taken = [...keys.values().take(count)]
      for (const key of taken) keys.delete(key)
      return taken
    },
  }
}

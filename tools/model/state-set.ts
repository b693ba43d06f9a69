const CHUNK_BITS = 16
const CHUNK_STATES = 1 << CHUNK_BITS

/** The states seen so far, whole and in the order of their discovery: an exact set, so no two states are confused. */
export interface StateSet {
  readonly size: number
  /** True if it was not there. `parent`: the number of the state that it was reached from. */
  add(words: Uint32Array, parent: number): boolean
  /** Copies a state into `words`. */
  read(index: number, words: Uint32Array): void
  /** -1: an initial state. */
  parentOf(index: number): number
}

export function createStateSet(wordsPerState: number): StateSet {
  const chunks: Uint32Array[] = []
  const parents: Int32Array[] = []
  let size = 0
  /** Open addressing; a slot holds the number of a state plus one, or 0. */
  let slots = new Int32Array(1 << 16)

  function hash(words: Uint32Array, from: number): number {
    let h = 0x811c9dc5
    for (let i = from; i < from + wordsPerState; i++) {
      h = Math.imul(h ^ (words[i] as number), 0x9e3779b1)
      h ^= h >>> 15
    }
    return h
  }

  function equals(index: number, words: Uint32Array): boolean {
    const chunk = chunks[index >> CHUNK_BITS] as Uint32Array
    const from = (index & (CHUNK_STATES - 1)) * wordsPerState
    for (let i = 0; i < wordsPerState; i++) if (chunk[from + i] !== words[i]) return false
    return true
  }

  function grow(): void {
    slots = new Int32Array(slots.length * 2)
    for (let index = 0; index < size; index++) {
      const chunk = chunks[index >> CHUNK_BITS] as Uint32Array
      let slot = hash(chunk, (index & (CHUNK_STATES - 1)) * wordsPerState) & (slots.length - 1)
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1)
      slots[slot] = index + 1
    }
  }

  return {
    get size() {
      return size
    },
    add(words, parent) {
      let slot = hash(words, 0) & (slots.length - 1)
      for (;;) {
        const found = slots[slot] as number
        if (found === 0) break
        if (equals(found - 1, words)) return false
        slot = (slot + 1) & (slots.length - 1)
      }
      const at = size & (CHUNK_STATES - 1)
      if (at === 0) {
        chunks.push(new Uint32Array(CHUNK_STATES * wordsPerState))
        parents.push(new Int32Array(CHUNK_STATES))
      }
      chunks.at(-1)?.set(words, at * wordsPerState)
      ;(parents.at(-1) as Int32Array)[at] = parent
      slots[slot] = ++size
      if (size * 2 > slots.length) grow()
      return true
    },
    read(index, words) {
      const from = (index & (CHUNK_STATES - 1)) * wordsPerState
      const chunk = chunks[index >> CHUNK_BITS] as Uint32Array
      for (let i = 0; i < wordsPerState; i++) words[i] = chunk[from + i] as number
    },
    parentOf: (index) => parents[index >> CHUNK_BITS]?.[index & (CHUNK_STATES - 1)] as number,
  }
}

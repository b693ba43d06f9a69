import type { State } from '@switchyard/core'
import type { Subject } from './subject.ts'

export function switchyard(state: State): Subject {
  return {
    get: (key) => state.get(key),
    set: (key, value) => state.set(key, value),
    getMany: (keys) => state.getMany(keys),
    setMany: (items) => state.setMany(items),
    async scan() {
      let count = 0
      for await (const _ of state.entries()) count++
      return count
    },
    async list(prefix) {
      const page = await state.keys({ prefix }).page()
      return page.items.length
    },
    close: () => state.close(),
  }
}

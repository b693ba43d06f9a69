import type { State } from '@switchyard/core'
import { defineDriver } from 'unstorage'

/** A state as a driver of unstorage. Its codec has to keep texts and bytes apart, as the one of structured clones does. */
export const stateDriver = defineDriver((state: State) => {
  const read = async (key: string): Promise<unknown> => (await state.get(key)) ?? null
  const write = (key: string, value: unknown): Promise<void> => state.set(key, value).then(() => {})
  return {
    name: 'switchyard',
    getInstance: () => state,
    hasItem: (key) => state.has(key),
    getItem: read as (key: string) => Promise<string | null>,
    getItemRaw: read,
    async getItems(items) {
      const values = await state.getMany(items.map(({ key }) => key))
      return items.map(({ key }, i) => ({ key, value: (values[i] as string | undefined) ?? null }))
    },
    setItem: write,
    setItemRaw: write,
    setItems: (items) => state.setMany(items.map(({ key, value }) => ({ key, value }))).then(() => {}),
    removeItem: (key) => state.delete(key).then(() => {}),
    getKeys: (base = '') => Array.fromAsync(state.keys({ prefix: base })),
    clear: (base = '') => state.clear({ prefix: base }).then(() => {}),
    dispose: () => state.close(),
  }
})

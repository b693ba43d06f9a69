import { EventEmitter } from 'node:events'

/** A storage adapter as Keyv 5 has them, over a map: it hides its failures as many do. */
export class MapAdapter extends EventEmitter {
  readonly opts = { dialect: 'sqlite' }
  readonly map: Map<string, string>
  namespace: string | undefined
  /** What the next calls fail with. */
  failure: Error | undefined

  constructor(map: Map<string, string> = new Map()) {
    super()
    this.map = map
  }

  #failed(): boolean {
    if (this.failure === undefined) return false
    this.emit('error', this.failure)
    return true
  }

  async get(key: string): Promise<string | undefined> {
    return this.#failed() ? undefined : this.map.get(key)
  }

  async set(key: string, value: string): Promise<boolean> {
    if (this.#failed()) return false
    this.map.set(key, value)
    return true
  }

  async delete(key: string): Promise<boolean> {
    return this.#failed() ? false : this.map.delete(key)
  }

  async clear(): Promise<void> {
    this.map.clear()
  }

  async *iterator(): AsyncGenerator<[string, string]> {
    for (const entry of this.map) {
      if (this.#failed()) return
      yield entry
    }
  }
}

/** Reads the present state of a part of the server: an object that JSON can hold. */
export type DebugReader = () => object | Promise<object>

/** What the parts of the server tell of themselves under /v1/debug/state. */
export interface DebugRegistry {
  /** Several parts may tell of one component: their fields stand side by side. */
  register(component: string, read: DebugReader): void
  readonly components: readonly string[]
  /** A part that cannot be read says why in `error`, and keeps nobody from reading the others. */
  read(component: string): Promise<object>
}

export function createDebugRegistry(): DebugRegistry {
  const readers = new Map<string, DebugReader[]>()
  return {
    register(component, read) {
      readers.set(component, [...(readers.get(component) ?? []), read])
    },
    get components() {
      return [...readers.keys()]
    },
    async read(component) {
      const parts = await Promise.all((readers.get(component) ?? []).map(readSafely))
      return Object.assign({}, ...parts)
    },
  }
}

async function readSafely(read: DebugReader): Promise<object> {
  try {
    return await read()
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

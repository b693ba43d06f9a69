import type { AnyStore, Capabilities } from './capabilities.ts'
import { StateError } from './errors.ts'
import { checkKey, checkPrefix } from './keys.ts'
import type { ListedEntry, ListOptions, OperationOptions, WriteBatch } from './store.ts'

/**
 * The outermost layer of every backend: keys, sizes, signals and capabilities are checked here, once,
 * so that the backend sees only calls it can serve. After `close()` every call rejects with `CLOSED`.
 */
export function checkedStore(store: AnyStore, backend: string, capabilities: Capabilities): AnyStore {
  const { maxKeyBytes, maxValueBytes } = capabilities
  let closing: Promise<void> | undefined

  function check(key: string, options: OperationOptions | undefined): void {
    if (closing !== undefined) throw closed(backend)
    checkKey(key, maxKeyBytes)
    checkSignal(options)
  }

  function checkValue(key: string, value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) {
      throw new StateError('INVALID_VALUE', 'A stored value must be a Uint8Array', { backend, key })
    }
    if (value.byteLength <= maxValueBytes) return
    const message = `The value of '${key}' has ${value.byteLength} bytes; backend '${backend}' holds ${maxValueBytes} at the most`
    throw new StateError('INVALID_VALUE', message, { backend, key })
  }

  function checkBatch({ operations, checks = [], atomic = false }: WriteBatch): void {
    for (const operation of operations) {
      checkKey(operation.key, maxKeyBytes)
      if (operation.op === 'set') checkValue(operation.key, operation.entry.value)
      if (operation.op === 'increment' && !Number.isSafeInteger(operation.by)) {
        const message = `Cannot increment by ${operation.by}: it is not a safe integer`
        throw new StateError('INVALID_VALUE', message, { backend, key: operation.key })
      }
    }
    for (const { key } of checks) checkKey(key, maxKeyBytes)
    if (checks.length > 0 && !atomic) {
      throw new StateError('INVALID_OPTIONS', 'Checks need an atomic batch', { backend })
    }
    if (atomic && !capabilities.transactions && operations.length + checks.length > 1) {
      const message = `Backend '${backend}' has no transactions (capabilities.transactions is false)`
      throw new StateError('NOT_SUPPORTED', message, { backend })
    }
  }

  function checkList({ prefix = '', after, limit = 1, signal }: ListOptions): void {
    if (closing !== undefined) throw closed(backend)
    checkPrefix(prefix, maxKeyBytes)
    if (signal !== undefined) checkSignal({ signal })
    if (!Number.isSafeInteger(limit) || limit < 1) {
      throw new StateError('INVALID_OPTIONS', `limit must be a whole number above 0, not ${limit}`, {
        backend,
      })
    }
    if (after === undefined) return
    checkKey(after, maxKeyBytes)
    if (!capabilities.ordered) {
      const message = `Backend '${backend}' cannot list from a key on (capabilities.ordered is false)`
      throw new StateError('NOT_SUPPORTED', message, { backend })
    }
  }

  function checkOpen(options: OperationOptions | undefined): void {
    if (closing !== undefined) throw closed(backend)
    checkSignal(options)
  }

  async function* checkPages(
    pages: AsyncIterable<readonly ListedEntry[]>,
  ): AsyncIterable<readonly ListedEntry[]> {
    for await (const page of pages) {
      for (const { key, entry } of page) {
        checkKey(key, maxKeyBytes)
        if (entry !== undefined) checkValue(key, entry.value)
      }
      yield page
    }
  }

  const checked: AnyStore = {
    // These three pass on the store's own answer, be it a promise or not: a promise more is felt.
    get(key, options) {
      try {
        check(key, options)
        return store.get(key, options)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async getMany(keys, options) {
      checkOpen(options)
      for (const key of keys) checkKey(key, maxKeyBytes)
      return keys.length === 0 ? [] : store.getMany(keys, options)
    },
    list(options = {}) {
      return {
        [Symbol.asyncIterator]() {
          checkList(options)
          return store.list(options)[Symbol.asyncIterator]()
        },
      }
    },
    set(key, entry, options) {
      try {
        check(key, options)
        checkValue(key, entry.value)
        return store.set(key, entry, options)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    delete(key, options) {
      try {
        check(key, options)
        return store.delete(key, options)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async write(batch, options) {
      checkOpen(options)
      checkBatch(batch)
      return batch.operations.length === 0 && !batch.checks?.length
        ? { results: [] }
        : store.write(batch, options)
    },
    async stats(options) {
      checkOpen(options)
      return store.stats(options)
    },
    async cleanup(options) {
      checkOpen(options)
      return store.cleanup(options)
    },
    close() {
      closing ??= store.close()
      return closing
    },
  }
  const { watch, optimize, checkHealth, fence, flush, importMany, incarnation } = store
  if (watch !== undefined) {
    checked.watch = (prefix, options) => {
      checkOpen(options)
      checkPrefix(prefix, maxKeyBytes)
      return watch.call(store, prefix, options)
    }
  }
  if (importMany !== undefined) {
    checked.importMany = async (pages, options) => {
      checkOpen(options)
      return importMany.call(store, checkPages(pages), options)
    }
  }
  if (optimize !== undefined) {
    checked.optimize = async (options) => {
      checkOpen(options)
      return optimize.call(store, options)
    }
  }
  if (checkHealth !== undefined) {
    checked.checkHealth = async (options) => {
      checkOpen(options)
      return checkHealth.call(store, options)
    }
  }
  if (fence !== undefined) {
    checked.fence = async (options) => {
      checkOpen(options)
      return fence.call(store, options)
    }
  }
  if (flush !== undefined) {
    checked.flush = async (options) => {
      checkOpen(options)
      return flush.call(store, options)
    }
  }
  if (incarnation !== undefined) {
    checked.incarnation = async (options) => {
      checkOpen(options)
      return incarnation.call(store, options)
    }
  }
  return checked
}

function checkSignal(options: OperationOptions | undefined): void {
  if (options?.signal?.aborted === true) throw aborted(options.signal)
}

export function aborted(signal: AbortSignal): StateError {
  return new StateError('ABORTED', 'The operation was aborted before it was sent', { cause: signal.reason })
}

export function closed(backend: string): StateError {
  return new StateError('CLOSED', `Backend '${backend}' is closed`, { backend })
}

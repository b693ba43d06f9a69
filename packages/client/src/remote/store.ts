import {
  type Capabilities,
  type Entry,
  type Flushable,
  type OperationOptions,
  type OperationResult,
  type Restartable,
  StateError,
  type StateStore,
  type StorageStats,
} from '@switchyard/core'
import { post } from '../call.ts'
import { partsOf, writeParts } from '../in-parts.ts'
import { settingsOf } from '../options.ts'
import { createTransport, type Transport } from '../transport.ts'
import { type ClosableTransport, closable } from './closable.ts'
import { listInOne, listInOrder } from './list.ts'
import type { RemoteCapabilities, RemoteOptions } from './options.ts'
import { entryOf, lengthOf, type WireEntry, wireOf, wireOperation } from './wire.ts'

/** Characters of a batch that go in one request. The server takes four times as many. */
const MAX_REQUEST_LENGTH = 8 * 1024 * 1024

/** What the server says of its store. */
interface StoreInfo {
  readonly backend: string
  readonly capabilities: Capabilities
  readonly incarnation: string
}

/** Opens the store of a server that is there and whose backend does what is counted on. */
export async function openRemoteStore(
  options: RemoteOptions,
  capabilities: Capabilities,
  signal: AbortSignal,
): Promise<StateStore & Flushable & Restartable> {
  const transport = createTransport(settingsOf(options))
  checkServer(options.url, await infoOf(transport, { signal }), capabilities)
  return createRemoteStore(closable(transport), capabilities.ordered)
}

function createRemoteStore(
  transport: ClosableTransport,
  ordered: boolean,
): StateStore & Flushable & Restartable {
  function ask<T>(
    writes: boolean,
    operation: string,
    document: object,
    options?: OperationOptions,
  ): Promise<T> {
    return transport.json<T>(post(operation, `/v1/store/${operation}`, document, { writes, options }))
  }

  async function getMany(
    keys: readonly string[],
    options: OperationOptions | undefined,
  ): Promise<(Entry | undefined)[]> {
    const { entries } = await ask<{ entries: readonly (WireEntry | null)[] }>(false, 'get', { keys }, options)
    return entries.map((entry) => (entry === null ? undefined : entryOf(entry)))
  }

  async function write(
    batch: object,
    options: OperationOptions | undefined,
  ): Promise<readonly OperationResult[]> {
    return (await ask<{ results: readonly OperationResult[] }>(true, 'write', batch, options)).results
  }

  return {
    get: async (key, options) => (await getMany([key], options))[0],
    getMany,
    list: (options = {}) => (ordered ? listInOrder(transport, options) : listInOne(transport, options)),
    async set(key, entry, { ifVersion, signal } = {}) {
      await ask(true, 'set', { key, entry: wireOf(entry), ifVersion }, signal && { signal })
    },
    async delete(key, { ifVersion, signal } = {}) {
      const answer = await ask<{ deleted: boolean }>(true, 'delete', { key, ifVersion }, signal && { signal })
      return answer.deleted
    },
    async write({ operations, checks = [], atomic = false }, options) {
      const wire = operations.map(wireOperation)
      if (atomic) return { results: await write({ operations: wire, checks, atomic }, options) }
      const parts = partsOf(wire, MAX_REQUEST_LENGTH, lengthOf)
      const results = await writeParts(parts, (part) => write({ operations: part }, options))
      return { results: results.flat() }
    },
    async stats(options) {
      const call = { operation: 'stats', method: 'GET', path: '/v1/stats', writes: false, options } as const
      const { backend, ...stats } = await transport.json<StorageStats & { backend: string }>(call)
      return stats
    },
    async cleanup({ onRemoved, signal } = {}) {
      const { removed } = await ask<{ removed: readonly string[] }>(true, 'cleanup', {}, signal && { signal })
      if (removed.length > 0) onRemoved?.(removed)
      return { removed: removed.length }
    },
    async flush(options) {
      await ask(true, 'flush', {}, options)
    },
    incarnation: async (options) => (await infoOf(transport, options)).incarnation,
    close: () => transport.close(),
  }
}

function infoOf(
  transport: Pick<Transport, 'json'>,
  options: OperationOptions | undefined,
): Promise<StoreInfo> {
  return transport.json({ operation: 'open', method: 'GET', path: '/v1/store', writes: false, options })
}

const COUNTED_ON = [
  'transactions',
  'durable',
  'ordered',
  'maxKeyBytes',
  'maxValueBytes',
] as const satisfies readonly (keyof RemoteCapabilities)[]

/** @throws StateError `INVALID_OPTIONS` if the server's backend does less than is counted on */
function checkServer(url: string, { backend, capabilities }: StoreInfo, wanted: RemoteCapabilities): void {
  for (const name of COUNTED_ON) {
    if (Number(wanted[name]) <= Number(capabilities[name])) continue
    const message = `'${backend}' of the server at ${url} has ${name}: ${capabilities[name]}; give capabilities: { ${name}: ${capabilities[name]} }`
    throw new StateError('INVALID_OPTIONS', message)
  }
}

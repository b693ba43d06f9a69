import type { CallOptions, TransactionResult } from '@switchyard/core'
import { post } from './call.ts'
import type { Client, RemoteEntry } from './client.ts'
import { partsOf, writeParts } from './in-parts.ts'
import type { Transport } from './transport.ts'
import { entryOfWire, type WireEntry, wireValue } from './values.ts'

/** The server takes so many keys or entries in one call. */
const MAX_BATCH = 1000

type ManyKeys = Pick<Client, 'getManyEntries' | 'setMany' | 'deleteMany' | 'transaction'>

/** The calls about many keys. */
export function manyKeys(transport: Transport): ManyKeys {
  return {
    getManyEntries: (keys, options) => readMany(transport, keys, options),

    async setMany(entries, options) {
      const wire = entries.map(({ key, value, ttl }) => ({ key, ...wireValue(key, value), ttl }))
      const answers = await writeParts(partsOf(wire, MAX_BATCH), (part) =>
        transport.json<{ readonly entries: readonly WireEntry[] }>(
          post('setMany', '/v1/batch/set', { entries: part }, { writes: true, options }),
        ),
      )
      return answers
        .flatMap((answer) => answer.entries)
        .map(({ version, expiresAt }) => (expiresAt === undefined ? { version } : { version, expiresAt }))
    },

    async deleteMany(keys, options) {
      const answers = await writeParts(partsOf(keys, MAX_BATCH), (part) =>
        transport.json<{ readonly deleted: number }>(
          post('deleteMany', '/v1/batch/delete', { keys: part }, { writes: true, options }),
        ),
      )
      return answers.reduce((sum, { deleted }) => sum + deleted, 0)
    },

    async transaction({ checks = [], operations }, options) {
      const wire = operations.map((operation) => {
        if (operation.op !== 'set') return operation
        const { value, ...rest } = operation
        return { ...rest, ...wireValue(operation.key, value) }
      })
      return transact(transport, { checks, operations: wire }, options)
    },
  }
}

export async function readMany<T>(
  transport: Transport,
  keys: readonly string[],
  options: CallOptions | undefined,
): Promise<(RemoteEntry<T> | undefined)[]> {
  const found: (RemoteEntry<T> | undefined)[] = []
  for (const part of partsOf(keys, MAX_BATCH)) {
    const call = post('getMany', '/v1/batch/get', { keys: part }, { writes: false, options })
    const { entries } = await transport.json<{ readonly entries: readonly (WireEntry | null)[] }>(call)
    for (const entry of entries) found.push(entry === null ? undefined : entryOfWire<T>(entry))
  }
  return found
}

/** @param transaction as the server takes it */
export function transact(
  transport: Transport,
  transaction: { readonly checks: readonly object[]; readonly operations: readonly object[] },
  options: CallOptions | undefined,
): Promise<TransactionResult> {
  return transport.json(post('transaction', '/v1/transactions', transaction, { writes: true, options }))
}

import { setTimeout as sleep } from 'node:timers/promises'
import { conflict, incrementEntry } from '@switchyard/core'
import type { BrokenStore } from '../broken-stores.ts'
import { broken } from './broken.ts'

export const BROKEN_ATOMICITY: Readonly<Record<string, BrokenStore>> = {
  'loses updates between check and write': broken('concurrency', ({ honest }) => ({
    async set(key, entry, { ifVersion } = {}) {
      if (ifVersion !== undefined && ((await honest.get(key))?.version ?? null) !== ifVersion)
        throw conflict(key)
      await sleep(0)
      await honest.set(key, entry)
    },
  })),
  'lets several takers win': broken('concurrency', ({ honest }) => ({
    async delete(key, { ifVersion } = {}) {
      const found = await honest.get(key)
      if (ifVersion !== undefined && found?.version !== ifVersion) throw conflict(key)
      await sleep(0)
      await honest.delete(key)
      return found !== undefined
    },
  })),
  'loses increments': broken('concurrency', ({ honest }) => ({
    async write(batch) {
      const [operation, ...more] = batch.operations
      if (operation?.op !== 'increment' || more.length > 0) return honest.write(batch)
      const { entry, result } = incrementEntry(await honest.get(operation.key), operation)
      await sleep(0)
      await honest.set(operation.key, entry)
      return { results: [result] }
    },
  })),
  'tells several that they deleted': broken('concurrency', ({ honest }) => ({
    async delete(key, options) {
      const found = await honest.get(key)
      await sleep(0)
      await Promise.resolve(honest.delete(key, options))
      return found !== undefined
    },
  })),
  'tears values while they are overwritten': broken('concurrency', ({ honest, entries }) => ({
    async set(key, entry, options) {
      const half = entry.value.byteLength >> 1
      const before = entries.get(key)
      await honest.set(key, entry, options)
      if (before?.value.byteLength !== entry.value.byteLength) return
      entries.set(key, {
        ...entry,
        value: Buffer.concat([entry.value.subarray(0, half), before.value.subarray(half)]),
      })
      await sleep(1)
      entries.set(key, entry)
    },
  })),
  'acknowledges before it writes': broken('values', ({ honest }) => ({
    async set(key, entry, options) {
      const late = async (): Promise<void> => honest.set(key, entry, options)
      setTimeout(() => void late().catch(() => undefined), 1)
    },
  })),
  'applies a transaction in part': broken('transactions', ({ honest }) => ({
    async write({ operations, checks = [] }) {
      await honest.write({ operations: [], checks, atomic: true })
      const results = []
      for (const operation of operations)
        results.push(...(await honest.write({ operations: [operation] })).results)
      return { results }
    },
  })),
  'does not compare the checks of a transaction': broken('transactions', ({ honest }) => ({
    write: ({ operations, atomic = false }) => honest.write({ operations, atomic }),
  })),
  'compares the checks of a transaction last': broken('transactions', ({ honest }) => ({
    async write({ operations, checks = [], atomic = false }) {
      const result = await honest.write({ operations, atomic })
      await honest.write({ operations: [], checks, atomic })
      return result
    },
  })),
  'lets other writes into a transaction': broken('concurrency', ({ honest }) => ({
    async write(batch) {
      if (batch.atomic !== true) return honest.write(batch)
      await honest.write({ operations: [], checks: batch.checks ?? [], atomic: true })
      await sleep(0)
      return honest.write({ operations: batch.operations, atomic: true })
    },
  })),
}

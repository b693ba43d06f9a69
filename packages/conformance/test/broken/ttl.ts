import { setTimeout as sleep } from 'node:timers/promises'
import { isExpired } from '@switchyard/core'
import type { BrokenStore } from '../broken-stores.ts'
import { createWholeStore } from '../whole-store.ts'
import { broken } from './broken.ts'

export const BROKEN_TTL: Readonly<Record<string, BrokenStore>> = {
  'ignores expiries': broken('ttl', ({ blind }) => blind),
  'ends a millisecond late': broken('ttl', ({ context, entries }) =>
    createWholeStore({ clock: { now: () => context.clock.now() - 1 } }, entries),
  ),
  'ends a millisecond early': broken('ttl', ({ context, entries }) =>
    createWholeStore({ clock: { now: () => context.clock.now() + 1 } }, entries),
  ),
  'rounds expiries to seconds': broken('ttl', ({ honest }) => ({
    set: (key, entry, options) =>
      honest.set(
        key,
        entry.expiresAt ? { ...entry, expiresAt: Math.ceil(entry.expiresAt / 1000) * 1000 } : entry,
        options,
      ),
  })),
  'lists what has expired': broken('ttl', ({ blind }) => ({ list: blind.list })),
  'gives what has expired by getMany': broken('ttl', ({ blind }) => ({ getMany: blind.getMany })),
  'counts what has expired': broken('maintenance', ({ blind }) => ({ stats: blind.stats })),
  'counts what has expired as deleted': broken('ttl', ({ blind }) => ({ delete: blind.delete })),
  'lets what has expired be in the way of ifAbsent': broken('ttl', ({ honest, blind }) => ({
    set: (key, entry, options) => (options?.ifVersion === null ? blind : honest).set(key, entry, options),
  })),
  'lets what has expired be incremented': broken('ttl', ({ blind }) => ({ write: blind.write })),
  'keeps the remaining time instead of the instant': broken('ttl', ({ honest, context }) => {
    const setAt = new Map<string, number>()
    return {
      set(key, entry, options) {
        setAt.set(key, context.clock.now())
        return honest.set(key, entry, options)
      },
      async get(key) {
        const entry = await honest.get(key)
        if (entry?.expiresAt === undefined) return entry
        return { ...entry, expiresAt: entry.expiresAt + context.clock.now() - (setAt.get(key) ?? 0) }
      },
    }
  }),
  'keeps the old expiry when set without one': broken('ttl', ({ honest, entries }) => ({
    set: (key, entry, options) => honest.set(key, { ...entries.get(key), ...entry }, options),
  })),
  'loses the expiry by increment': broken('ttl', ({ honest, entries }) => ({
    async write(batch) {
      const result = await honest.write(batch)
      for (const { op, key } of batch.operations) {
        const entry = entries.get(key)
        if (op === 'increment' && entry) entries.set(key, { value: entry.value, version: entry.version })
      }
      return result
    },
  })),
  'ends what is weeks away at once, by a timer that overflows': broken(
    'ttl',
    ({ honest, entries, context }) => ({
      async set(key, entry, options) {
        await honest.set(key, entry, options)
        if (entry.expiresAt === undefined) return
        const ms = entry.expiresAt - context.clock.now()
        setTimeout(() => entries.delete(key), ms > 2 ** 31 - 1 ? 1 : ms).unref()
      },
    }),
  ),
  'cleans up nothing': broken('maintenance', () => ({ cleanup: async () => ({ removed: 0 }) })),
  'cleans up a newer write': broken('concurrency', ({ entries, context }) => ({
    async cleanup() {
      const keys = [...entries]
        .filter(([, entry]) => isExpired(entry, context.clock.now()))
        .map(([key]) => key)
      await sleep(1)
      for (const key of keys) entries.delete(key)
      return { removed: keys.length }
    },
  })),
  'removes a newer write after it has read an expired entry': broken(
    'concurrency',
    ({ honest, entries, context }) => ({
      async get(key) {
        const entry = entries.get(key)
        if (entry === undefined || !isExpired(entry, context.clock.now())) return honest.get(key)
        await sleep(0)
        entries.delete(key)
        return undefined
      },
    }),
  ),
}

import { join } from 'node:path'
import type { AnyStore, Capabilities, PluginContext } from '@switchyard/core'
import type { AreaName } from '../src/index.ts'
import { locked } from './file-lock.ts'
import { openFileStore } from './file-store.ts'
import { createMinimalStore } from './minimal-store.ts'
import { createWatchingStore } from './watching-store.ts'
import { createWholeStore } from './whole-store.ts'

/** A store for tests, and what its plugin declares. */
export interface StoreUnderTest {
  readonly capabilities: Capabilities
  open(context: PluginContext, folder: string): AnyStore | Promise<AnyStore>
}

/** What the least store can do. */
export const LEAST: Capabilities = {
  ttl: 'lazy',
  atomicity: 'process',
  transactions: false,
  durable: false,
  shared: false,
  ordered: false,
  watch: false,
  optimize: false,
  maxKeyBytes: 1024,
  maxValueBytes: 2 ** 21,
}

export const WHOLE: Capabilities = { ...LEAST, transactions: true, ordered: true }
export const FILES: Capabilities = { ...LEAST, durable: true, shared: true }

/** A store that is as it should be. */
interface GoodStore extends StoreUnderTest {
  /** Those that another of these stores does not cover; default: all. */
  readonly areas?: readonly AreaName[]
}

export const GOOD_STORES: Readonly<Record<string, GoodStore>> = {
  minimal: { capabilities: LEAST, open: createMinimalStore },
  whole: { capabilities: WHOLE, open: (context) => createWholeStore(context) },
  small: {
    capabilities: { ...LEAST, maxKeyBytes: 64, maxValueBytes: 8192 },
    open: createMinimalStore,
  },
  watching: {
    capabilities: { ...WHOLE, watch: true, optimize: true },
    open: createWatchingStore,
    areas: ['declaration', 'maintenance', 'watch', 'close'],
  },
  files: { capabilities: FILES, open: (context, folder) => openFileStore(folder, context) },
  'locked files': {
    capabilities: { ...FILES, shared: false },
    areas: ['declaration', 'close', 'durability', 'processes', 'random'],
    open: (context, folder) => locked(join(folder, 'lock'), () => openFileStore(folder, context)),
  },
}

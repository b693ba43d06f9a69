import type { AreaName } from '../src/index.ts'
import { BROKEN_ATOMICITY } from './broken/atomicity.ts'
import { BROKEN_CLAIMS } from './broken/claims.ts'
import { BROKEN_CLOSE } from './broken/close.ts'
import { BROKEN_KEYS } from './broken/keys.ts'
import { BROKEN_LISTS } from './broken/lists.ts'
import { BROKEN_TTL } from './broken/ttl.ts'
import { BROKEN_VALUES } from './broken/values.ts'
import type { StoreUnderTest } from './good-stores.ts'

/** A store with one thing wrong, and the area of the kit that has to notice. */
export interface BrokenStore extends StoreUnderTest {
  readonly area: AreaName
  /** For one that hangs, which shows only when this time is over. */
  readonly hangsMs?: number
}

export const BROKEN_STORES: Readonly<Record<string, BrokenStore>> = {
  ...BROKEN_KEYS,
  ...BROKEN_VALUES,
  ...BROKEN_TTL,
  ...BROKEN_LISTS,
  ...BROKEN_ATOMICITY,
  ...BROKEN_CLOSE,
  ...BROKEN_CLAIMS,
}

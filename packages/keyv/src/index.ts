export type { KeyvAdapter } from './keyv-adapter.ts'
export { type KeyvStorage, type KeyvStorageEntry, keyvStorage } from './keyv-storage.ts'
export type { KeyvOptions } from './options.ts'
export { keyv } from './plugin.ts'

export type { MemoryOptions } from './options.ts'
export { memory } from './plugin.ts'

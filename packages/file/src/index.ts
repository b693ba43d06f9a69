export type { FileOptions } from './options.ts'
export { file } from './plugin.ts'

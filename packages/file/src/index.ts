export { type DirectoryLock, lockDirectory } from './directory-lock.ts'
export type { FileOptions } from './options.ts'
export { file } from './plugin.ts'

import type { StateErrorCode } from '@switchyard/core'

/** What the command ended with, for scripts. */
export const EXIT = {
  ok: 0,
  /** Something failed; nothing more was done than the message says. */
  failed: 1,
  /** The arguments or the configuration make no sense. */
  usage: 2,
  /** There is no such key. */
  notFound: 3,
  /** What was compared differs, or what was checked is not well. */
  differs: 4,
  /** It was given up with Ctrl-C. */
  interrupted: 130,
} as const

/** Of errors that whoever gave the arguments or the configuration has made. */
const USAGE: ReadonlySet<string> = new Set<StateErrorCode>([
  'INVALID_KEY',
  'INVALID_OPTIONS',
  'INVALID_PLUGIN',
  'INVALID_TTL',
  'INVALID_VALUE',
  'NOT_SERIALIZABLE',
  'UNKNOWN_BACKEND',
])

/** The exit code for an error with this code. */
export function exitCodeOf(code: string): number {
  return USAGE.has(code) ? EXIT.usage : EXIT.failed
}

/** What the command ended with, for scripts. */
export const EXIT = {
  ok: 0,
  /** Something failed; nothing more was done than the message says. */
  failed: 1,
  /** The arguments make no sense. */
  usage: 2,
  /** There is no such key. */
  notFound: 3,
  /** What was compared differs, or what was checked is not well. */
  differs: 4,
  /** It was given up with Ctrl-C. */
  interrupted: 130,
} as const

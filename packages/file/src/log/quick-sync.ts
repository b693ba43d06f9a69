import type { Segment } from './segment.ts'

/** So long a sync may hold up the event loop. */
const QUICK_MS = 1
/** Syncs in a thread after a slow one, until the next is tried at once; twice as many each time that is slow too. */
const PATIENCE = 16
const MAX_PATIENCE = 1024

/**
 * Syncs what was appended: at once on a disk that needs less time for it than a thread does to wake up and to report, else
 * in a thread. Undefined if it is done.
 */
export function createQuickSync(): (segment: Segment) => Promise<void> | undefined {
  let inThread = 0
  let patience = PATIENCE

  return (segment) => {
    // A file that has grown takes long on any disk.
    if (segment.hasGrown) return segment.sync()
    if (inThread > 0) {
      inThread--
      return segment.sync()
    }
    const started = performance.now()
    segment.syncNow()
    if (performance.now() - started <= QUICK_MS) {
      patience = PATIENCE
    } else {
      inThread = patience
      patience = Math.min(patience * 2, MAX_PATIENCE)
    }
    return undefined
  }
}

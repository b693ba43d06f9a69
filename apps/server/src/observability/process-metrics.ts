import { collectDefaultMetrics, Registry } from '@prometheus-io/client'

let shared: Registry | undefined

/** Memory, CPU, event loop and garbage collection. One collector for the process, as it cannot be stopped. */
export function processMetrics(): Registry {
  if (shared === undefined) {
    shared = new Registry()
    collectDefaultMetrics({ register: shared })
  }
  return shared
}

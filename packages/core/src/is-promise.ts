import type { Awaitable } from './store.ts'

/** Also those of other libraries, some of which do nothing until someone asks. */
export function isPromise<T>(answer: Awaitable<T>): answer is Promise<T> {
  return (
    answer instanceof Promise ||
    typeof (answer as { readonly then?: unknown } | null | undefined)?.then === 'function'
  )
}

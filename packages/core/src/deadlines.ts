/** Something that must end in time. It is in the list of one {@link Deadlines} at the most. */
export interface Deadline {
  /** On the clock of `performance.now()`; set when it starts. */
  at: number
  previous: this | undefined
  next: this | undefined
}

/** Deadlines that are all the same time away, so that the one that started first ends first. */
export interface Deadlines<D extends Deadline> {
  start(deadline: D): void
  /** Nothing happens any more; also where it has ended already. */
  stop(deadline: D): void
}

/**
 * One timer for all of them: a timer of its own for each call is a good part of what a call costs.
 * It keeps the process alive only while there is a deadline.
 */
export function createDeadlines<D extends Deadline>(
  limitMs: number,
  onEnd: (deadline: D) => void,
): Deadlines<D> {
  let first: D | undefined
  let last: D | undefined
  let timer: NodeJS.Timeout | undefined

  function remove(deadline: D): void {
    if (deadline.previous === undefined) first = deadline.next
    else deadline.previous.next = deadline.next
    if (deadline.next === undefined) last = deadline.previous
    else deadline.next.previous = deadline.previous
    deadline.previous = undefined
    deadline.next = undefined
    if (first === undefined) timer?.unref()
  }

  function check(): void {
    timer = undefined
    const now = performance.now()
    while (first !== undefined && first.at <= now) {
      const ended = first
      remove(ended)
      onEnd(ended)
    }
    if (first !== undefined) timer = setTimeout(check, Math.ceil(first.at - now))
  }

  return {
    start(deadline) {
      deadline.at = performance.now() + limitMs
      deadline.previous = last
      if (last === undefined) first = deadline
      else last.next = deadline
      last = deadline
      if (timer === undefined) timer = setTimeout(check, limitMs)
      else if (first === deadline) timer.ref()
    },
    stop(deadline) {
      if (deadline.previous !== undefined || first === deadline) remove(deadline)
    },
  }
}

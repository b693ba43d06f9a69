import { fileJournal, type State, type SwitchJournal, type SwitchProgress } from '@switchyard/core'

/** Where a process may end in a switch. */
export const FAILPOINTS = [
  'before prepared is recorded',
  'after prepared is recorded',
  'copying',
  'in the middle of copying',
  'catching-up',
  'verifying',
  'cutting-over',
  'before committed is recorded',
  'after committed is recorded',
  'done',
  'before completed is recorded',
  'after completed is recorded',
  'some time',
] as const
export type Failpoint = (typeof FAILPOINTS)[number]

/** A switch is well over after so long. */
const SOME_TIME_MS = 400

function end(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

/** A journal that ends the process before or after a record. */
export function failingJournal(path: string, failpoint: Failpoint): SwitchJournal {
  const journal = fileJournal(path)
  return {
    read: () => journal.read(),
    async write(record) {
      if (failpoint === `before ${record.latest?.state} is recorded`) end()
      await journal.write(record)
      if (failpoint === `after ${record.latest?.state} is recorded`) end()
    },
  }
}

/** Ends the process in this phase of a switch, or at any moment. */
export function failIn(state: State, failpoint: Failpoint): void {
  if (failpoint === 'some time') setTimeout(end, Math.random() * SOME_TIME_MS)
  state.on('switch', ({ phase, copied }: SwitchProgress) => {
    if (phase === failpoint) end()
    if (failpoint === 'in the middle of copying' && copied > 0) end()
  })
}

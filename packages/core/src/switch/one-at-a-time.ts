import { StateError } from '../errors.ts'

/** Switches, snapshots and restores follow each write, and must not do so at the same time. */
export interface OneAtATime {
  /**
   * @param what that begins: 'a switch to ...'
   * @returns to be called when it has ended
   * @throws StateError `CONFLICT` while another one is under way
   */
  begin(what: string): () => void
}

export function createOneAtATime(): OneAtATime {
  let current: string | undefined
  return {
    begin(what) {
      if (current !== undefined) {
        throw new StateError('CONFLICT', `Cannot begin ${what}: ${current} is under way`, {
          operation: 'switch',
        })
      }
      current = what
      let ended = false
      return () => {
        if (!ended) current = undefined
        ended = true
      }
    },
  }
}

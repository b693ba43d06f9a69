/** Every decision of the algorithm that a variant takes differently; in `ALGORITHM` each is as it must be. */
export interface Algorithm {
  /** When a write marks its key dirty. */
  readonly marks:
    | 'when it settles'
    | 'when it is called'
    | 'after it stops counting as in flight'
    | 'when it settles, if it took the route of the switch'
    | 'when it settles, if its caller was told so'
  /** When a copy clears the mark of its key. */
  readonly clears: 'before the read' | 'after the read' | 'after the import'
  /** A copy that fails, or may have failed, marks its key again. */
  readonly marksFailedCopies: boolean
  /** 'listed': the scan imports the entries of the listing and leaves the marks alone. */
  readonly scan: 'by key' | 'listed' | 'by offset'
  /**
   * What keeps an import that times out from overwriting a later one: the store compares their sequence numbers; the
   * key is not copied again until the import has settled; the commit waits until it has settled; nothing.
   */
  readonly imports: 'in sequence' | 'one by one' | 'settled at the commit' | 'in any order'
  readonly expiry: 'instant' | 'time left' | 'dropped'
  /** 'counted': by each key, from 1 again after a delete. */
  readonly versions: 'kept' | 'given anew' | 'counted'
  readonly drainsBehindGate: boolean
  /** Until when an operation counts as in flight: until it can be applied no more, or until its caller is told. */
  readonly inFlight: 'until settled' | 'until its caller is told'
  /** An operation takes the route behind the gate, in the same step in which it begins to count as in flight. */
  readonly takesRouteBehindGate: boolean
  /** After it has replaced the route, the switch waits for operations that took an earlier one. */
  readonly waitsAtStart: boolean
  /** Whom the switch waits for at its start and behind the gate. */
  readonly waitsFor: 'all operations' | 'those of the latest route'
  /** 'past the gate, waited for': no store is emptied or imported into while a read of it is in flight. */
  readonly reads: 'behind the gate' | 'past the gate' | 'past the gate, waited for'
  readonly flips: 'after the commit' | 'before the commit'
  readonly failedCommit:
    | 'stops the process'
    | 'stops the process and empties the target'
    | 'reopens the source'
  /** Until when a deadline may open the gate on the source. */
  readonly deadline: 'until the commit' | 'during the commit' | 'none'
  readonly flushes: boolean
  /** A target that has restarted since the start, and may have lost imports, is found out after the flush: abort. */
  readonly noticesRestartOfTarget: boolean
  /** The target refuses imports from the commit on. */
  readonly seals: boolean
  readonly opensTargetEmpty: boolean
  /** Imports of an earlier switch land where nobody looks. */
  readonly namespacePerSwitch: boolean
  readonly afterCrash: 'starts over' | 'resumes the scan'
  /** Writes of a dead process are refused from the restart on. */
  readonly raisesIncarnation: boolean
  /** A restart makes the pointer durable that it has read, before it serves. */
  readonly syncsPointerAtRestart: boolean
  readonly tracksForRollbackFrom: 'the flip' | 'the end of the journal'
  /** A rollback copies only what is marked, unless the process has ended since the marking began. */
  readonly rollsBackMarksAfterCrash: boolean
  /** What an aborted rollback leaves for the next. */
  readonly abortedRollback: 'nothing' | 'all marks' | 'the marks that are left'
  readonly purges: 'by version' | 'by key'
  /** Writes go to both stores while the copier fills the target; nothing is marked. */
  readonly dualWrite?: DualWrite
}

export interface DualWrite {
  /** Whom a lock of the key keeps out: nobody; the copier and writers each other; writers one another, too. */
  readonly lock: 'none' | 'copier' | 'everyone'
  readonly backfills: 'always' | 'if absent'
  /** What goes to the target: the entry that the source has made of the operation, or the operation. */
  readonly mirrors: 'entry' | 'operation'
}

export const CAREFUL_DUAL_WRITE: DualWrite = {
  lock: 'everyone',
  backfills: 'always',
  mirrors: 'entry',
}

export const ALGORITHM: Algorithm = {
  marks: 'when it settles',
  clears: 'before the read',
  marksFailedCopies: true,
  scan: 'by key',
  imports: 'in sequence',
  expiry: 'instant',
  versions: 'kept',
  drainsBehindGate: true,
  inFlight: 'until settled',
  takesRouteBehindGate: true,
  waitsAtStart: false,
  waitsFor: 'all operations',
  reads: 'behind the gate',
  flips: 'after the commit',
  failedCommit: 'stops the process',
  deadline: 'until the commit',
  flushes: true,
  noticesRestartOfTarget: true,
  seals: true,
  opensTargetEmpty: true,
  namespacePerSwitch: true,
  afterCrash: 'starts over',
  raisesIncarnation: true,
  syncsPointerAtRestart: true,
  tracksForRollbackFrom: 'the flip',
  rollsBackMarksAfterCrash: false,
  abortedRollback: 'nothing',
  purges: 'by version',
}

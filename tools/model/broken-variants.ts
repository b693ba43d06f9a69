import { ALGORITHM, type Algorithm, CAREFUL_DUAL_WRITE, type DualWrite } from './algorithm.ts'
import { type Bounds, bounds } from './bounds.ts'

/** The algorithm with one decision taken otherwise. */
export interface BrokenVariant {
  readonly name: string
  /** Within what runs the checker finds what breaks. */
  readonly bounds: Bounds
  readonly algorithm: Algorithm
  /** What happens in the shortest run. */
  readonly story: string
}

function variant(
  name: string,
  change: Partial<Algorithm>,
  within: Partial<Bounds>,
  story: string,
): BrokenVariant {
  return { name, algorithm: { ...ALGORITHM, ...change }, bounds: bounds(within), story }
}

function dualWrite(
  name: string,
  change: Partial<DualWrite>,
  within: Partial<Bounds>,
  story: string,
): BrokenVariant {
  return variant(name, { waitsAtStart: true, dualWrite: { ...CAREFUL_DUAL_WRITE, ...change } }, within, story)
}

/** Each breaks a promise; the checker must find how. */
export const BROKEN_VARIANTS: readonly BrokenVariant[] = [
  variant(
    'no drain before the commit',
    { drainsBehindGate: false },
    { operations: 1 },
    'a write after the last round of copying is not in the target',
  ),
  variant(
    'marked before the write is issued',
    { marks: 'when it is called' },
    { operations: 1 },
    'the copy clears the mark and reads before the write is applied; nothing marks the key again',
  ),
  variant(
    'marked after the write stops counting as in flight',
    { marks: 'after it stops counting as in flight' },
    { operations: 1 },
    'the last dirty key is drained and the switch commits between the two',
  ),
  variant(
    'marked by the route, without a start barrier',
    { marks: 'when it settles, if it took the route of the switch' },
    { operations: 1 },
    'a write from before the start is applied after the copy has read its key',
  ),
  variant(
    'marked by the route, waiting for the latest route alone',
    {
      marks: 'when it settles, if it took the route of the switch',
      waitsAtStart: true,
      waitsFor: 'those of the latest route',
    },
    { operations: 1, switches: 2, aborts: 1 },
    'nobody waits for a write of an aborted switch, which took a route before the latest',
  ),
  variant(
    'only writes that succeed are marked',
    { marks: 'when it settles, if its caller was told so' },
    { operations: 2, timeouts: 1 },
    'the caller has given up, the write is applied all the same, and nothing marks its key',
  ),
  variant(
    'key of a failed copy not marked again',
    { marksFailedCopies: false },
    { operations: 0, failedReads: 1 },
    'its mark was cleared before the read',
  ),
  variant(
    'mark cleared after the copy',
    { clears: 'after the import' },
    { operations: 1 },
    'a write between the read and the clearing loses its mark',
  ),
  variant(
    'mark cleared after the read',
    { clears: 'after the read' },
    { operations: 1 },
    'a page of the scan is read, a write settles, then the marks of the page are cleared',
  ),
  dualWrite(
    'dual write and backfill without a lock',
    { lock: 'none' },
    { operations: 1 },
    'the backfill reads, the write goes to both stores, the backfill puts the old entry over it',
  ),
  dualWrite(
    'increments mirrored as operations',
    { mirrors: 'operation', backfills: 'if absent' },
    { operations: 1, kinds: ['increment'] },
    'the increment meets an absent key in the target, and the backfill then leaves it alone',
  ),
  dualWrite(
    'dual writers in different order',
    { lock: 'copier' },
    { operations: 3 },
    'two writes to a key reach the source in one order and the target in the other',
  ),
  variant(
    'lock and dual write without a start barrier',
    { dualWrite: CAREFUL_DUAL_WRITE },
    { operations: 1 },
    'a write from before the start goes to the source alone, after the backfill has read',
  ),
  variant(
    'route flipped before the pointer is durable',
    { flips: 'before the commit' },
    { operations: 1, crashes: 1 },
    'a write goes to the target, while a restart would serve the source',
  ),
  variant(
    'half-done copy resumed from its cursor',
    { afterCrash: 'resumes the scan' },
    { operations: 1, crashes: 1, switches: 2 },
    'the mark of a key behind the cursor dies with the process',
  ),
  variant(
    'target not emptied',
    { opensTargetEmpty: false },
    { keys: [undefined], operations: 1 },
    'what the target held from earlier is there again',
  ),
  variant(
    'timed-out write taken as finished',
    { inFlight: 'until its caller is told' },
    { operations: 2, timeouts: 1 },
    'the write is marked at its deadline, the key copied, and then the write is applied to the source',
  ),
  variant(
    "dead process's write accepted later",
    { raisesIncarnation: false },
    { operations: 2, crashes: 1 },
    'it is applied during the switch of the next process, which knows nothing of it',
  ),
  variant(
    'late imports without order',
    { imports: 'in any order' },
    { operations: 1, importTimeouts: 1 },
    'an import that timed out lands after the one that repeated it with a newer entry',
  ),
  variant(
    'late imports only waited for at the commit',
    { imports: 'settled at the commit' },
    { operations: 1, importTimeouts: 1 },
    'the late import has settled before the commit, but over the newer one, and nothing marks the key again',
  ),
  variant(
    'late imports without order or seal',
    { imports: 'in any order', seals: false },
    { operations: 1, importTimeouts: 1 },
    'the import that timed out lands when the target serves, over what was written since',
  ),
  variant(
    'late imports of an aborted switch in the same namespace',
    { namespacePerSwitch: false },
    { operations: 1, aborts: 1, switches: 2 },
    'the key is deleted before the next switch, which has no tombstone for it; then the old import lands',
  ),
  variant(
    'failed commit reopens the source',
    { failedCommit: 'reopens the source' },
    { operations: 1, crashes: 2 },
    'the rename has happened and only its sync failed: the source takes writes, a restart serves the target',
  ),
  variant(
    'failed commit empties the target',
    { failedCommit: 'stops the process and empties the target' },
    { operations: 0, crashes: 1 },
    'the rename has happened and only its sync failed: what the pointer names is emptied as the copy of a failed switch',
  ),
  variant(
    'deadline of the gate runs on during the commit',
    { deadline: 'during the commit' },
    { operations: 1, reopenings: 1, crashes: 1 },
    'the source takes writes again after the pointer names the target',
  ),
  variant(
    'target not flushed',
    { flushes: false },
    { operations: 0, crashes: 1 },
    'a loss of power after the commit takes what was imported',
  ),
  variant(
    'restart of the target not noticed',
    { noticesRestartOfTarget: false },
    { operations: 0, targetRestarts: 1 },
    'the target restarts without the imports that it had not flushed, and the switch goes on',
  ),
  variant(
    'pointer not synced again at the restart',
    { syncsPointerAtRestart: false },
    { operations: 1, crashes: 2 },
    'a process dies between rename and sync, the next one serves the target, and a loss of power brings the source back',
  ),
  variant(
    'time left copied instead of the instant',
    { expiry: 'time left' },
    { keys: [2], operations: 0, ticks: 1 },
    'the clock ticks between the read and the import: the entry lives longer in the target',
  ),
  variant(
    'expiry not copied',
    { expiry: 'dropped' },
    { keys: [1], operations: 0 },
    'the entry never expires in the target',
  ),
  variant(
    'versions counted by each key',
    { versions: 'counted' },
    { operations: 3, kinds: ['set', 'delete', 'compareAndSet'] },
    'deleted and created again, the key has its first version again, and a check on it passes',
  ),
  variant(
    'versions given anew by the copy',
    { versions: 'given anew' },
    { operations: 0 },
    'a check on the version that was read before the switch would fail after it',
  ),
  variant(
    'scan by offset',
    { scan: 'by offset' },
    { keys: [0, 0], operations: 1 },
    'a delete behind the scan shifts the next key below the offset',
  ),
  variant(
    'route taken before the gate',
    { takesRouteBehindGate: false },
    { operations: 1 },
    'an operation that waited at the gate goes to the source after the commit',
  ),
  variant(
    'no deadline for the gate',
    { deadline: 'none' },
    { operations: 1 },
    'an operation in flight that never settles keeps every client waiting',
  ),
  variant(
    'reads pass the gate',
    { reads: 'past the gate' },
    { operations: 1, switches: 2 },
    'a read sent to the source arrives when the next switch has emptied it',
  ),
  variant(
    'reads pass the gate, and are waited for before their store is reused',
    { reads: 'past the gate, waited for' },
    { keys: [1], operations: 2, kinds: ['get', 'set'], ticks: 1 },
    'a write renews the key in the target, the old expiry passes, and the read finds the key expired in the source',
  ),
  variant(
    'tracking for the rollback starts after the flip',
    { tracksForRollbackFrom: 'the end of the journal' },
    { operations: 1, switches: 2 },
    'a write between the flip and the end of the journal is not copied back',
  ),
  variant(
    'rollback of the marks alone after a crash',
    { rollsBackMarksAfterCrash: true },
    { operations: 1, switches: 2, crashes: 1 },
    'the marks died with the process, and what they marked is not copied back',
  ),
  variant(
    'rollback of the marks alone after an aborted one',
    { abortedRollback: 'the marks that are left' },
    { operations: 1, switches: 3, aborts: 1 },
    'the aborted rollback has taken the marks with it',
  ),
  variant(
    'purge by key',
    { purges: 'by key' },
    { keys: [1], operations: 1, ticks: 1, purges: true },
    'a key is written again between the moment it is found expired and its removal',
  ),
]

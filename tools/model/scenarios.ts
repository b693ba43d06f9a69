import { type Bounds, bounds } from './bounds.ts'

/** Bounds within which the algorithm must hold. */
export interface Scenario {
  readonly name: string
  readonly bounds: Bounds
}

function scenario(name: string, within: Partial<Bounds>): Scenario {
  return { name, bounds: bounds(within) }
}

/** Together they take every step of the model. */
export const SCENARIOS: readonly Scenario[] = [
  scenario('every kind of operation', {
    operations: 3,
    kinds: ['get', 'set', 'delete', 'increment', 'compareAndSet', 'create'],
  }),
  scenario('unknown outcomes', {
    operations: 3,
    kinds: ['get', 'set'],
    timeouts: 1,
    failedReads: 1,
    importTimeouts: 1,
    reopenings: 1,
  }),
  scenario('crashes', { switches: 2, crashes: 2, timeouts: 1, importTimeouts: 1 }),
  scenario('aborts', { switches: 2, aborts: 1, reopenings: 1, timeouts: 1, importTimeouts: 1 }),
  scenario('restarts of the target', { switches: 2, targetRestarts: 1, reopenings: 1, importTimeouts: 1 }),
  scenario('expiry', {
    keys: [1],
    kinds: ['get', 'set', 'setTtl', 'increment'],
    ticks: 2,
    purges: true,
  }),
  scenario('two keys', { keys: [0, undefined], failedReads: 1, importTimeouts: 1, verifies: true }),
  scenario('verifying', { aborts: 1, reopenings: 1, timeouts: 1, importTimeouts: 1, verifies: true }),
  scenario('rollback', { operations: 3, switches: 2, crashes: 1, aborts: 1 }),
  scenario('rollback and expiry', {
    keys: [1],
    kinds: ['get', 'setTtl', 'delete'],
    switches: 2,
    ticks: 2,
    purges: true,
  }),
]

export const LARGE_SCENARIOS: readonly Scenario[] = [
  scenario('every kind of operation', {
    operations: 4,
    clients: 3,
    kinds: ['get', 'set', 'delete', 'increment', 'compareAndSet', 'create'],
  }),
  scenario('unknown outcomes', { operations: 3, timeouts: 2, importTimeouts: 2, reopenings: 2 }),
  scenario('crashes', { operations: 3, switches: 2, crashes: 2, timeouts: 1, importTimeouts: 1 }),
  scenario('expiry', {
    keys: [1],
    operations: 3,
    kinds: ['get', 'set', 'setTtl', 'delete', 'increment'],
    ticks: 2,
    purges: true,
  }),
  scenario('two keys', {
    keys: [0, undefined],
    operations: 3,
    timeouts: 1,
    importTimeouts: 1,
    aborts: 1,
    reopenings: 1,
    verifies: true,
  }),
  scenario('rollback', { operations: 3, switches: 2, timeouts: 1, importTimeouts: 1, crashes: 1 }),
  scenario('three switches', {
    switches: 3,
    aborts: 1,
    crashes: 1,
    timeouts: 1,
    importTimeouts: 1,
    reopenings: 1,
    verifies: true,
  }),
]

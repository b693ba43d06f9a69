import type { AnyStore, Capabilities } from '../capabilities.ts'
import type { Pace } from './pace.ts'
import type { Side } from './switch-run.ts'

/** An entry that the target cannot hold. */
export interface SwitchProblem {
  readonly key: string
  readonly reason: string
}

/** What a switch would do. */
export interface SwitchPlan {
  readonly from: string
  readonly to: string
  /** Entries to copy. */
  readonly keys: number
  /** Bytes of their values. */
  readonly bytes: number
  /** Entries that the target cannot hold, the first hundred of them; with any, the switch is refused. */
  readonly problems: readonly SwitchProblem[]
  /** What the application can do now and could not after it. */
  readonly losses: readonly string[]
  /** What else the switch would be refused for. */
  readonly obstacles: readonly string[]
  /** About how long copying and comparing will take, from how long it took to read everything. */
  readonly estimatedMs: number
}

const MAX_PROBLEMS = 100
/** Two clocks that differ by more would end entries early, or bring back what has ended. */
const MAX_CLOCK_MS = 1000
const PAGE = 250
/** Copying reads and writes everything, comparing reads both sides. */
const READS_IN_A_SWITCH = 5

/** Looks at every entry. */
export async function makePlan(
  source: Side,
  target: Side,
  pace: Pace,
): Promise<Omit<SwitchPlan, 'obstacles'>> {
  const { maxKeyBytes, maxValueBytes } = target.capabilities
  const started = performance.now()
  pace.begin()
  const problems: SwitchProblem[] = []
  let keys = 0
  let bytes = 0
  for await (const page of source.store.list({ limit: PAGE })) {
    for (const { key, entry } of page) {
      keys++
      bytes += entry?.value.byteLength ?? 0
      const reason = tooLarge(key, entry?.value.byteLength ?? 0, maxKeyBytes, maxValueBytes)
      if (reason !== undefined && problems.length < MAX_PROBLEMS) problems.push({ key, reason })
    }
    await pace.rest(page.length)
  }
  return {
    from: source.backend,
    to: target.backend,
    keys,
    bytes,
    problems,
    losses: lossesOf(source.capabilities, target.capabilities),
    estimatedMs: Math.round((performance.now() - started) * READS_IN_A_SWITCH),
  }
}

function tooLarge(
  key: string,
  valueBytes: number,
  maxKeyBytes: number,
  maxValueBytes: number,
): string | undefined {
  const keyBytes = Buffer.byteLength(key)
  if (keyBytes > maxKeyBytes) return `the key has ${keyBytes} bytes, and ${maxKeyBytes} are the limit`
  if (valueBytes > maxValueBytes)
    return `the value has ${valueBytes} bytes, and ${maxValueBytes} are the limit`
  return undefined
}

function lossesOf(from: Capabilities, to: Capabilities): readonly string[] {
  const losses: string[] = []
  if (from.durable && !to.durable)
    losses.push('durability: what is acknowledged does not survive the process')
  if (from.atomicity === 'store' && to.atomicity === 'process') {
    losses.push('atomicity among processes: checks and increments are exact in one process only')
  }
  if (from.transactions && !to.transactions) losses.push('transactions')
  if (from.shared && !to.shared) losses.push('sharing: one process at a time')
  return losses
}

/** Why the target cannot take over now, or undefined. */
export async function unfitness(source: Side, target: Side): Promise<string | undefined> {
  for (const { backend, store } of [source, target]) {
    const health = await store.checkHealth?.()
    if (health === undefined) continue
    if (backend === target.backend && !health.healthy) return `'${backend}' is not healthy: ${health.reason}`
    const { clockAheadMs = 0 } = health
    if (Math.abs(clockAheadMs) <= MAX_CLOCK_MS) continue
    const way = clockAheadMs > 0 ? 'ahead of' : 'behind'
    return `the clock of '${backend}', by which entries expire, is ${Math.abs(clockAheadMs)} ms ${way} this one`
  }
  return undefined
}

/** Whether everything that the one holds fits into the other, without a look at it. */
export function holdsAll(from: Capabilities, to: Capabilities): boolean {
  return to.maxKeyBytes >= from.maxKeyBytes && to.maxValueBytes >= from.maxValueBytes
}

export async function isEmpty(store: AnyStore): Promise<boolean> {
  for await (const page of store.list({ limit: 1, keysOnly: true })) if (page.length > 0) return false
  return true
}

/** Removes every key. */
export async function wipe(
  store: AnyStore,
  onRemoved: (keys: readonly string[]) => void = () => {},
): Promise<void> {
  for await (const page of store.list({ limit: 1000, keysOnly: true })) {
    await store.write({ operations: page.map(({ key }) => ({ op: 'delete', key })) })
    onRemoved(page.map(({ key }) => key))
  }
}

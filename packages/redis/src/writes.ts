import { conflict, type OperationResult, StateError } from '@switchyard/core'
import type { Connection } from './connection.ts'
import type { Layout, Stripe } from './layout.ts'
import { notARecord } from './record.ts'
import { runScript } from './run-script.ts'
import { REFUSED, type Script } from './scripts.ts'
import { type Group, maxGroupBytes, packGroup } from './steps.ts'

/** Steps and bytes in one call of the script, about; more are sent in several calls. */
const MAX_STEPS = 1000
const MAX_BYTES = 1 << 20

export interface Writes {
  /**
   * Applies the group; groups of one turn go out together. In a cluster all its keys must be in one stripe.
   *
   * @throws StateError `CONFLICT`, `INVALID_VALUE`, `UNAVAILABLE`, `OUTCOME_UNKNOWN` and what Redis refuses
   */
  apply(group: Group): Promise<readonly OperationResult[]>
}

interface Write {
  readonly group: Group
  readonly resolve: (results: readonly OperationResult[]) => void
  readonly reject: (error: unknown) => void
}

/** One call of the script. */
interface Call {
  readonly writes: Write[]
  steps: number
  bytes: number
}

export interface WritesOptions {
  readonly connection: Connection
  readonly layout: Layout
  readonly script: Script
  /** Who writes, for watchers. */
  readonly writer: string
}

export function createWrites({ connection, layout, script, writer }: WritesOptions): Writes {
  let waiting: Write[] = []

  function flush(): void {
    const writes = waiting
    waiting = []
    for (const call of calls(writes)) void run(call)
  }

  /** Calls that hold the writes in their order; in a cluster those of one stripe, as a script sees one slot. */
  function* calls(writes: readonly Write[]): Iterable<Call> {
    const open = new Map<number | undefined, Call>()
    for (const write of writes) {
      const { checks, operations } = write.group
      const steps = checks.length + operations.length
      const bytes = maxGroupBytes(write.group)
      const key = (checks[0] ?? operations[0])?.key as string
      const slot = connection.isCluster ? layout.stripeOf(key) : undefined
      let call = open.get(slot)
      if (call !== undefined && (call.steps + steps > MAX_STEPS || call.bytes + bytes > MAX_BYTES)) {
        yield call
        call = undefined
      }
      if (call === undefined) {
        call = { writes: [], steps: 0, bytes: 0 }
        open.set(slot, call)
      }
      call.writes.push(write)
      call.steps += steps
      call.bytes += bytes
    }
    yield* open.values()
  }

  async function run(call: Call): Promise<void> {
    let answers: readonly unknown[]
    try {
      answers = (await send(call)) as readonly unknown[]
    } catch (error) {
      for (const { reject } of call.writes) reject(error)
      return
    }
    call.writes.forEach(({ group, resolve, reject }, index) => {
      const answer = answers[index]
      if (typeof answer === 'string' && isRefusal(answer)) reject(refusal(answer, layout))
      else resolve(results(group, answer))
    })
  }

  function send({ writes, bytes }: Call): Promise<unknown> {
    const stripes = new Set<Stripe>()
    const names: string[] = []
    const onStep = (key: string): void => {
      names.push(layout.nameOf(key))
      const stripe = layout.stripes[layout.stripeOf(key)]
      if (stripe !== undefined) stripes.add(stripe)
    }
    const packed = Buffer.allocUnsafe(bytes)
    let end = 0
    for (const { group } of writes) end = packGroup(packed, end, group, onStep)
    const flags: string[] = []
    for (const { fence, watched } of stripes) flags.push(fence, watched)
    const args = [String(stripes.size), packed.subarray(0, end), writer]
    return runScript(connection, script, [...flags, ...names], args, { kind: 'write' })
  }

  return {
    apply: (group) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) process.nextTick(flush)
        waiting.push({ group, resolve, reject })
      }),
  }
}

/** A refusal is a letter and the name that it is about; the value of a counter starts with a digit or '-'. */
function isRefusal(answer: string): boolean {
  return /^[A-Z]/.test(answer)
}

function refusal(answer: string, layout: Layout): StateError {
  const key = layout.keyOf(answer.slice(1))
  switch (answer[0]) {
    case REFUSED.conflict:
      return conflict(key)
    case REFUSED.notInteger: {
      const message = `'${key}' does not hold an integer in JSON; it cannot be incremented`
      return new StateError('INVALID_VALUE', message, { key })
    }
    case REFUSED.unsafe: {
      const message = `'${key}' cannot be incremented: the result is not a safe integer`
      return new StateError('INVALID_VALUE', message, { key })
    }
    default:
      return notARecord(key)
  }
}

/** What the script answered for the operations of a group; of a single step it answers the result alone. */
function results({ checks, operations }: Group, answer: unknown): readonly OperationResult[] {
  const answers = Array.isArray(answer) ? answer.slice(checks.length) : [answer]
  return operations.map(({ op }, index): OperationResult => {
    const result: unknown = answers[index]
    if (op === 'set') return { op }
    if (op === 'delete') return { op, deleted: result === 1 }
    const [value, expiresAt] = String(result).split(' ').map(Number)
    return { op, value: value as number, ...(expiresAt !== undefined && { expiresAt }) }
  })
}

import { conflict, type Operation, type OperationResult, StateError } from '@switchyard/core'
import { createBatcher } from './batcher.ts'
import type { Connection } from './connection.ts'
import type { Layout } from './layout.ts'
import { notARecord } from './record.ts'
import { runScript } from './run-script.ts'
import { REFUSED, type Script } from './scripts.ts'
import { type PackedSteps, packSteps, type Steps, sizeOf } from './steps.ts'

/** Steps and bytes in one call of the script, about. */
export const MAX_STEPS = 1000
export const MAX_BYTES: number = 1 << 20

/** What the script says of a group: the results of its steps, of a single one without an array, or a refusal. */
export type Answer = number | string | readonly (number | string)[]

export interface Writes {
  /**
   * Applies steps and gives an answer for each group; those of one turn go out together. In a cluster all keys must
   * be in one stripe.
   *
   * @throws StateError `UNAVAILABLE`, `OUTCOME_UNKNOWN` and what Redis refuses as a whole
   */
  apply(steps: Steps): Promise<readonly Answer[]>
  /**
   * Applies one operation, if the live entry has this version; `null`: if there is none.
   *
   * @throws StateError as above, `CONFLICT` and `INVALID_VALUE`
   */
  applyOne(operation: Operation, ifVersion: string | null | undefined): Promise<Answer>
}

interface Write {
  readonly steps: Steps
  /** Gets the answers for its groups. */
  readonly resolve: (answers: readonly Answer[]) => void
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
  const batcher = createBatcher<Write>((writes) => Promise.all([...calls(writes)].map(run)))

  /** Calls that hold the writes in their order; in a cluster those of one stripe, as a script sees one slot. */
  function* calls(writes: readonly Write[]): Iterable<Call> {
    const open = new Map<number | undefined, Call>()
    for (const write of writes) {
      const { checks, operations } = write.steps
      const steps = checks.length + operations.length
      const bytes = sizeOf(write.steps)
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

  async function run({ writes, bytes }: Call): Promise<void> {
    let reply: unknown
    try {
      reply = await send(writes, bytes)
    } catch (error) {
      for (const { reject } of writes) reject(error)
      return
    }
    let at = 0
    for (const { steps, resolve } of writes) {
      const groups = steps.atomic ? 1 : steps.operations.length
      resolve(reply === 1 ? new Array<Answer>(groups).fill(1) : (reply as Answer[]).slice(at, at + groups))
      at += groups
    }
  }

  function send(writes: readonly Write[], bytes: number): Promise<unknown> {
    const packed: PackedSteps = { steps: '', keys: [], args: [] }
    for (const { steps } of writes) packSteps(packed, steps)
    const fences = new Set<string>()
    const names = packed.keys.map((key) => {
      const fence = layout.stripes[layout.stripeOf(key)]?.fence
      if (fence !== undefined) fences.add(fence)
      return layout.nameOf(key)
    })
    const args = [String(fences.size), packed.steps, writer, ...packed.args]
    return runScript(connection, script, [...fences, ...names], args, { kind: 'write', bytes })
  }

  return {
    apply: (steps) =>
      new Promise((resolve, reject) => {
        batcher.add({ steps, resolve, reject })
      }),
    applyOne: (operation, ifVersion) =>
      new Promise((resolve, reject) => {
        const checks = ifVersion === undefined ? NONE : [{ key: operation.key, version: ifVersion }]
        batcher.add({
          steps: { checks, operations: [operation], atomic: true },
          resolve(answers) {
            const answer = answers[0] as Answer
            const refused = refusal(answer, layout)
            if (refused !== undefined) reject(refused)
            else resolve(typeof answer === 'object' ? (answer[1] as Answer) : answer)
          },
          reject,
        })
      }),
  }
}

const NONE: readonly never[] = []

/** Why a group was refused, if it was: a letter and the name. The value of a counter starts with a digit or '-'. */
export function refusal(answer: Answer, layout: Layout): StateError | undefined {
  if (typeof answer !== 'string' || !/^[A-Z]/.test(answer)) return undefined
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

/** The result of an operation from what the script answered for its step. */
export function resultOf(op: OperationResult['op'], answer: Answer | undefined): OperationResult {
  if (op === 'set') return { op }
  if (op === 'delete') return { op, deleted: answer === 1 }
  const [value, expiresAt] = String(answer).split(' ').map(Number)
  return { op, value: value as number, ...(expiresAt !== undefined && { expiresAt }) }
}

import {
  asStateError,
  notAllApplied,
  type Operation,
  type OperationResult,
  type WriteBatch,
} from '@switchyard/core'
import type { Layout } from './layout.ts'
import { bytesOf } from './steps.ts'
import { type Answer, MAX_BYTES, MAX_STEPS, refusal, resultOf, type Writes } from './writes.ts'

/** All or nothing, in one group of the script. */
export async function writeAtomic(
  { operations, checks = [] }: WriteBatch,
  writes: Writes,
  layout: Layout,
): Promise<readonly OperationResult[]> {
  const [answer] = await writes.apply({ checks, operations, atomic: true })
  const refused = refusal(answer as Answer, layout)
  if (refused !== undefined) throw refused
  const answers = Array.isArray(answer) ? answer.slice(checks.length) : [answer]
  return operations.map(({ op }, index) => resultOf(op, answers[index]))
}

/** Each operation by itself, in as few calls as the slots and the limits allow. */
export async function writeEach(
  operations: readonly Operation[],
  writes: Writes,
  layout: Layout,
  byStripe: boolean,
): Promise<readonly OperationResult[]> {
  const results = new Array<OperationResult>(operations.length)
  const failures: { readonly index: number; readonly error: unknown }[] = []
  await Promise.all(
    partsOf(operations, byStripe ? layout.stripeOf : () => 0).map(async (indexes) => {
      try {
        const part = indexes.map((index) => operations[index] as Operation)
        const answers = await writes.apply({ checks: [], operations: part, atomic: false })
        indexes.forEach((index, at) => {
          const answer = answers[at] as Answer
          const error = refusal(answer, layout)
          if (error !== undefined) failures.push({ index, error })
          else results[index] = resultOf((operations[index] as Operation).op, answer)
        })
      } catch (error) {
        for (const index of indexes) failures.push({ index, error })
      }
    }),
  )
  const [first] = failures
  if (first === undefined) return results
  const keys = failures.map(({ index }) => (operations[index] as Operation).key)
  throw notAllApplied(asStateError(first.error, { operation: 'write' }), keys)
}

/** The indexes of the operations of each call, in their order. */
export function partsOf(operations: readonly Operation[], stripeOf: Layout['stripeOf']): readonly number[][] {
  const parts: number[][] = []
  const open = new Map<number, { readonly indexes: number[]; bytes: number }>()
  operations.forEach((operation, index) => {
    const stripe = stripeOf(operation.key)
    const bytes = bytesOf(operation)
    let part = open.get(stripe)
    if (part === undefined || part.indexes.length === MAX_STEPS || part.bytes + bytes > MAX_BYTES) {
      part = { indexes: [], bytes: 0 }
      parts.push(part.indexes)
      open.set(stripe, part)
    }
    part.indexes.push(index)
    part.bytes += bytes
  })
  return parts
}

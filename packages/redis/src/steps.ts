import type { Check, Operation } from '@switchyard/core'
import { recordOf } from './record.ts'
import { STEP } from './scripts.ts'

/** Steps of the script: one group that is applied together or not at all, or each operation by itself. */
export interface Steps {
  readonly checks: readonly Check[]
  readonly operations: readonly Operation[]
  readonly atomic: boolean
}

/** Steps as the script takes them. */
export interface PackedSteps {
  /** A letter for each step, a capital for the last one of a group. */
  steps: string
  /** The key of each step. */
  readonly keys: string[]
  /** What the steps need, one after the other. */
  readonly args: (string | Buffer)[]
}

export function packSteps(packed: PackedSteps, { checks, operations, atomic }: Steps): void {
  let left = checks.length + operations.length
  const add = (step: string, key: string): void => {
    left--
    packed.steps += left === 0 || !atomic ? step.toUpperCase() : step
    packed.keys.push(key)
  }
  for (const { key, version } of checks) {
    add(version === null ? STEP.ifAbsent : STEP.ifVersion, key)
    if (version !== null) packed.args.push(version)
  }
  for (const operation of operations) {
    const { op, key } = operation
    if (op === 'set') {
      add(operation.entry.expiresAt === undefined ? STEP.set : STEP.expiring, key)
      packed.args.push(recordOf(operation.entry))
    } else {
      add(STEP[op], key)
      if (op === 'increment') {
        const { by, expiresAt, version } = operation
        packed.args.push(String(by), String(expiresAt ?? ''), version)
      }
    }
  }
}

/** A step without its value, about. */
const STEP_BYTES = 64

/** About as many bytes as the steps will have. */
export function sizeOf({ checks, operations }: Steps): number {
  let bytes = STEP_BYTES * checks.length
  for (const operation of operations) bytes += bytesOf(operation)
  return bytes
}

export function bytesOf(operation: Operation): number {
  return operation.op === 'set' ? STEP_BYTES + operation.entry.value.byteLength : STEP_BYTES
}

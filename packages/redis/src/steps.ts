import type { Check, Entry, Operation } from '@switchyard/core'
import { maxRecordBytes, packRecord, packText } from './record.ts'
import { LAST, STEP } from './scripts.ts'

/** Steps that are applied together or not at all. */
export interface Group {
  readonly checks: readonly Check[]
  readonly operations: readonly Operation[]
}

/** As many bytes as the packed group needs, or a few more. */
export function maxGroupBytes({ checks, operations }: Group): number {
  let bytes = 0
  for (const { version } of checks) bytes += 3 + (version?.length ?? 0) * 3
  for (const operation of operations) {
    if (operation.op === 'set') bytes += 5 + maxRecordBytes(operation.entry)
    else bytes += operation.op === 'delete' ? 1 : 19 + operation.version.length * 3
  }
  return bytes
}

/** Packs a group for the script at `offset`, tells the key of each step, and returns where it ends. */
export function packGroup(
  target: Buffer,
  offset: number,
  { checks, operations }: Group,
  onStep: (key: string) => void,
): number {
  let at = offset
  let left = checks.length + operations.length
  for (const { key, version } of checks) {
    onStep(key)
    target[at++] = (version === null ? STEP.ifAbsent : STEP.ifVersion) + (--left === 0 ? LAST : 0)
    if (version !== null) at = packText(target, at, version)
  }
  for (const operation of operations) {
    onStep(operation.key)
    target[at++] = STEP[operation.op] + (--left === 0 ? LAST : 0)
    if (operation.op === 'set') at = packEntry(target, at, operation.entry)
    if (operation.op === 'increment') {
      at = target.writeDoubleBE(operation.by, at)
      at = target.writeDoubleBE(operation.expiresAt ?? 0, at)
      at = packText(target, at, operation.version)
    }
  }
  return at
}

function packEntry(target: Buffer, offset: number, entry: Entry): number {
  const end = packRecord(target, offset + 4, entry)
  target.writeUInt32BE(end - offset - 4, offset)
  return end
}

import type { Operation } from '@switchyard/core'

/** An entry, or that there is none any more. */
export type BackupRecord = Extract<Operation, { readonly op: 'set' | 'delete' }>

const SET = 1
const SET_EXPIRING = 2
const DELETION = 3

/** `FORMAT.md` describes it. */
export function packRecord(record: BackupRecord): Buffer {
  const key = Buffer.from(record.key)
  const isSet = record.op === 'set'
  const expiresAt = isSet ? record.entry.expiresAt : undefined
  const version = Buffer.from(isSet ? record.entry.version : '')
  const value = isSet ? record.entry.value : new Uint8Array()
  const head = Buffer.alloc(
    3 + key.length + (isSet ? 6 + version.length : 0) + (expiresAt === undefined ? 0 : 8),
  )
  let at = head.writeUInt8(isSet ? (expiresAt === undefined ? SET : SET_EXPIRING) : DELETION, 0)
  at = head.writeUInt16LE(key.length, at)
  at += key.copy(head, at)
  if (!isSet) return head
  at = head.writeUInt16LE(version.length, at)
  at += version.copy(head, at)
  if (expiresAt !== undefined) at = head.writeDoubleLE(expiresAt, at)
  head.writeUInt32LE(value.byteLength, at)
  return Buffer.concat([head, value])
}

/** @throws RangeError if the bytes are not whole records */
export function unpackRecords(bytes: Buffer): readonly BackupRecord[] {
  const records: BackupRecord[] = []
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('a record ends beyond its block')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const kind = take(1).readUInt8()
    if (kind !== SET && kind !== SET_EXPIRING && kind !== DELETION)
      throw new RangeError(`there is no record of kind ${kind}`)
    const key = take(take(2).readUInt16LE()).toString()
    if (kind === DELETION) {
      records.push({ op: 'delete', key })
      continue
    }
    const version = take(take(2).readUInt16LE()).toString()
    const expiresAt = kind === SET_EXPIRING ? take(8).readDoubleLE() : undefined
    // A copy: the entry must not keep the whole block in memory.
    const value = new Uint8Array(take(take(4).readUInt32LE()))
    records.push({ op: 'set', key, entry: { value, version, ...(expiresAt !== undefined && { expiresAt }) } })
  }
  return records
}

import { readFileSync } from 'node:fs'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const SALT_BYTES = 8

/**
 * The transactions in the log of an open file, all since it was opened as long as they are few
 * (https://sqlite.org/fileformat2.html#the_write_ahead_log): the last page of each one carries the size of the
 * database after it, the others zero.
 */
export function countCommits(path: string): number {
  const log = readFileSync(`${path}-wal`)
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8)
  const salt = log.subarray(16, 16 + SALT_BYTES)
  let commits = 0
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    // What stands behind the newest frame is of an earlier log.
    if (!log.subarray(at + 8, at + 8 + SALT_BYTES).equals(salt)) break
    if (log.readUInt32BE(at + 4) !== 0) commits++
  }
  return commits
}

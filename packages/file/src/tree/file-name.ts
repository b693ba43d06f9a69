import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

export const SUFFIX = '.json'
/** Longer names end in a hash: some file systems allow 143 characters. */
const MAX_NAME = 100
const KEPT_OF_LONG = 60
/** Names that Windows keeps to itself, whatever follows a dot. */
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/
const SHARD = /^[0-9a-f]{2}$/

/**
 * Where the file of a key is, from the folder: 'a7/user^name.json'. Readable for plain keys, and never the same for
 * two keys, also on a file system that folds case or composes Unicode: lower-case letters, digits, `-` and `_` stand
 * for themselves, `.` does except in front, a capital is `^` and the small letter, any other byte of the UTF-8 is `%`
 * and two hexadecimal digits. A longer name is cut, followed by `~` and a hash of the key.
 */
export function fileNameOf(key: string): string {
  return `${(crc32(key) & 0xff).toString(16).padStart(2, '0')}/${stemOf(key)}${SUFFIX}`
}

function stemOf(key: string): string {
  let stem = ''
  for (const byte of Buffer.from(key)) {
    const isCapital = byte >= 0x41 && byte <= 0x5a
    if (isCapital) stem += `^${String.fromCharCode(byte + 0x20)}`
    else if (isPlain(byte) && !(byte === 0x2e && stem === '')) stem += String.fromCharCode(byte)
    else stem += `%${byte.toString(16).padStart(2, '0')}`
  }
  if (RESERVED.test(stem)) stem = `%${stem.charCodeAt(0).toString(16)}${stem.slice(1)}`
  if (stem.length <= MAX_NAME) return stem
  return `${stem.slice(0, KEPT_OF_LONG)}~${createHash('sha256').update(key).digest('hex').slice(0, 32)}`
}

function isPlain(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || [0x2d, 0x2e, 0x5f].includes(byte)
}

/** The key of a file's name; undefined if it was cut or is none of ours. */
export function keyOfFileName(file: string): string | undefined {
  const name = file.slice(3)
  if (!isShard(file.slice(0, 2)) || file[2] !== '/' || !name.endsWith(SUFFIX)) return undefined
  const text = name
    .slice(0, -SUFFIX.length)
    .replace(/\^([a-z])/g, (_, letter: string) => `%${(letter.charCodeAt(0) - 0x20).toString(16)}`)
  try {
    const key = decodeURIComponent(text)
    return fileNameOf(key) === file ? key : undefined
  } catch {
    return undefined
  }
}

/** Whether this is the name of a folder that files of keys are in. */
export function isShard(name: string): boolean {
  return SHARD.test(name)
}

const SHOWN_BYTES = 1024
const PER_LINE = 16

/** The first bytes, with the characters that they may be. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < Math.min(bytes.length, SHOWN_BYTES); at += PER_LINE) {
    const part = [...bytes.subarray(at, Math.min(at + PER_LINE, SHOWN_BYTES))]
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(PER_LINE * 3 - 1)}  ${text}`)
  }
  return lines.join('\n')
}

/** Less than this is the header's resolution and the way of the answer. */
const TOLERANCE_MS = 2000

let offsetMs = 0

export function noteServerTime(headers: Headers): void {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return
  const offset = date - Date.now()
  offsetMs = Math.abs(offset) < TOLERANCE_MS ? 0 : offset
}

/** Unix ms by the server's clock, by which entries expire. */
export function serverNow(): number {
  return Date.now() + offsetMs
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const instant = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })

/** '1,234', and '1.2M' from a hundred thousand on. */
export function formatCount(count: number): string {
  return count < 100_000 ? whole.format(count) : short.format(count)
}

export function formatExact(count: number): string {
  return whole.format(count)
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function formatBytes(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1)
  const amount = bytes / 1024 ** unit
  return `${amount < 10 && unit > 0 ? amount.toFixed(1) : whole.format(amount)} ${UNITS[unit]}`
}

/** Of durations that machines take: '0.42 ms', '38 ms', '1.2 s'; a dash for what was not measured. */
export function formatMs(ms: number | null): string {
  if (ms === null) return '–'
  if (ms === 0) return '0 ms'
  if (ms >= 60_000) return formatDuration(ms)
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(2)} ms`
}

/** Of durations that people wait: '2 d 3 h', '4 min 05 s', '9 s'. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(
    Math.floor,
  )
  const padded = String(seconds % 60).padStart(2, '0')
  if (days) return `${days} d ${hours} h`
  if (hours) return `${hours} h ${String(minutes).padStart(2, '0')} min`
  return minutes ? `${minutes} min ${padded} s` : `${seconds} s`
}

export function formatTime(at: number): string {
  return clock.format(at)
}

export function formatInstant(at: number): string {
  return instant.format(at)
}

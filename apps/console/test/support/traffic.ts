/** Reads and writes that go on until they are stopped. */
export interface Traffic {
  /** Resolves to how many requests were answered; rejects if one of them failed. */
  stop(): Promise<number>
}

const KEYS = 400

/** Makes what a shop would keep: orders, sessions with an end, counters. */
export async function fill(url: string, count: number): Promise<void> {
  const entries = Array.from({ length: count }, (_, i) => ({
    key: keyOf(i),
    value: { id: i, total: i * 3, open: i % 3 === 0, items: ['tea', 'bread'] },
    ...(i % 5 === 0 && { ttl: '2h' }),
  }))
  for (let at = 0; at < entries.length; at += 500) {
    const body = JSON.stringify({ entries: entries.slice(at, at + 500) })
    await checked(fetch(`${url}/v1/batch/set`, { method: 'POST', body, headers: JSON_TYPE }))
  }
}

/** @param readers how many requests there are at once */
export function startTraffic(url: string, readers = 4): Traffic {
  let isOver = false
  let count = 0
  async function work(seed: number): Promise<void> {
    for (let i = seed; !isOver; i += readers) {
      const key = encodeURIComponent(keyOf(i % KEYS))
      const body = JSON.stringify({ id: i, total: i, open: true, items: ['tea'] })
      await checked(fetch(`${url}/v1/state/${key}`))
      if (i % 3 === 0)
        await checked(fetch(`${url}/v1/state/${key}`, { method: 'PUT', body, headers: JSON_TYPE }))
      count++
    }
  }
  const works = Promise.all(Array.from({ length: readers }, (_, seed) => work(seed)))
  // Whoever stops it learns of a failure.
  works.catch(() => undefined)
  return {
    async stop() {
      isOver = true
      await works
      return count
    },
  }
}

const JSON_TYPE = { 'content-type': 'application/json' }
const KINDS = ['order', 'order', 'order', 'session', 'stock']

function keyOf(i: number): string {
  const kind = KINDS[i % KINDS.length]
  return kind === 'order' ? `order:2026-${String((i % 12) + 1).padStart(2, '0')}:${i}` : `${kind}:${i}`
}

async function checked(answer: Promise<Response>): Promise<void> {
  const response = await answer
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status} from ${response.url}: ${text}`)
}

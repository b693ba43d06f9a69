import { keyAt } from '../data.ts'
import { EVENTS_AT_LEAST, HTTP_GOALS, P99_AT_MOST } from '../goals.ts'
import { type Connections, openConnections } from '../http/connections.ts'
import { openEventReaders } from '../http/event-readers.ts'
import { type ServerKind, startProcess, startServer } from '../http/servers.ts'
import { interleave, type Work } from '../interleave.ts'
import type { Measurement } from '../measure.ts'
import { HTTP } from '../names.ts'
import { quartiles } from '../quartiles.ts'
import { report, table, verdict } from '../report.ts'

const READERS = 1000
const SLOW_CLIENTS = 1000
const ROUNDS = 5
/** Events of a round. */
const EVENTS = 600
const LATENCIES_MS = 2000

const getRequest = (port: number): string =>
  `GET /v1/state/${keyAt(0)} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`

/** GET against bare handlers, events to many readers, and what slow and hostile clients do to the others. */
export async function httpPart(): Promise<string> {
  return ['## HTTP', await throughput(), await events(), await slowClients()].join('\n\n')
}

async function throughput(): Promise<string> {
  const kinds: readonly [string, ServerKind][] = [
    [HTTP.ours, 'switchyard'],
    [HTTP.fastify, 'fastify'],
    [HTTP.node, 'node'],
  ]
  const servers = await Promise.all(kinds.map(([, kind]) => startServer(kind)))
  const measurements: Measurement[] = []
  for (const concurrency of [1, 64]) {
    const connections = await Promise.all(
      servers.map(({ port }) => openConnections(port, concurrency, getRequest(port))),
    )
    const works = new Map<string, Work>(
      kinds.map(([name], i) => [name, (connections[i] as Connections).send]),
    )
    const measured = await interleave(works, { concurrency, sliceMs: 100 })
    measurements.push({ operation: `GET c${concurrency}`, measured })
    for (const one of connections) one.close()
  }
  await Promise.all(servers.map((server) => server.stop()))
  return report(HTTP.ours, measurements, HTTP_GOALS)
}

async function events(): Promise<string> {
  const server = await startServer('switchyard')
  const readers = await openEventReaders(server.port, READERS)
  const rows: string[][] = []
  for (const [name, batch, concurrency] of [
    ['batches of 100', 100, 1],
    ['single sets, c16', 1, 16],
  ] as const) {
    const writers = await openConnections(server.port, concurrency, setRequest(server.port, batch))
    const rates: number[] = []
    for (let round = -1; round < ROUNDS; round++) {
      const start = performance.now()
      const received = readers.received(EVENTS)
      let left = EVENTS / batch
      const write = async (): Promise<void> => {
        while (left-- > 0) await writers.send()
      }
      await Promise.all([received, ...Array.from({ length: concurrency }, write)])
      if (round >= 0) rates.push((EVENTS * READERS * 1000) / (performance.now() - start))
    }
    writers.close()
    const { low, median, high } = quartiles(rates)
    const thousands = (rate: number): string => `${Math.round(rate / 1000)}k`
    rows.push([
      name,
      `${thousands(median)} (${thousands(low)}–${thousands(high)})`,
      `>= ${thousands(EVENTS_AT_LEAST)}: ${verdict(median, EVENTS_AT_LEAST)}`,
    ])
  }
  readers.close()
  await server.stop()
  return table([`${READERS} readers of server-sent events`, 'events received per second', 'goal'], rows)
}

function setRequest(port: number, count: number): string {
  const entries = Array.from({ length: count }, (_, i) => ({ key: keyAt(i), value: i }))
  const body = JSON.stringify({ entries })
  return `POST /v1/batch/set HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

async function slowClients(): Promise<string> {
  const server = await startServer('switchyard')
  const connections = await openConnections(server.port, 4, getRequest(server.port))
  const ratios: number[] = []
  const alone: number[] = []
  const beside: number[] = []
  for (let round = -1; round < ROUNDS; round++) {
    const before = await p99(connections)
    const slow = await startProcess('slow-clients.ts', [String(server.port), String(SLOW_CLIENTS)])
    const during = await p99(connections)
    await slow.stop()
    if (round < 0) continue
    alone.push(before)
    beside.push(during)
    ratios.push(during / before)
  }
  connections.close()
  await server.stop()
  const ratio = quartiles(ratios).median
  const row = [
    `${quartiles(alone).median.toFixed(2)} ms`,
    `${quartiles(beside).median.toFixed(2)} ms`,
    ratio.toFixed(2),
    `<= ${P99_AT_MOST}: ${ratio <= P99_AT_MOST ? 'met' : 'missed'}`,
  ]
  const head = [
    '99th percentile of GET c4',
    `with ${SLOW_CLIENTS} slow clients and 100 hostile requests a second`,
    'ratio',
    'goal',
  ]
  return table(head, [row])
}

/** In ms. */
async function p99({ send }: Connections): Promise<number> {
  const latencies: number[] = []
  const until = performance.now() + LATENCIES_MS
  const worker = async (): Promise<void> => {
    for (let start = performance.now(); start < until; start = performance.now()) {
      await send()
      latencies.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  return latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)] as number
}

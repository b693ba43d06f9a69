import { join } from 'node:path'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { describe, expect, it } from 'vitest'
import { readEvents, type ServerSentEvent } from './support/event-reader.ts'
import { json, type RunningServer, startServer, temporaryFolder, urlOf } from './support/start-server.ts'

async function start(): Promise<RunningServer> {
  const folder = await temporaryFolder()
  return startServer({
    backends: { cache: memory(), files: file({ path: join(folder, 'files') }) },
    eventHistory: 100_000,
  })
}

async function switchTo(server: RunningServer, to: string, options: object = {}): Promise<string> {
  const response = await fetch(
    `${server.url}/v1/switch`,
    json('POST', { to, allowVolatile: true, ...options }),
  )
  expect(response.status).toBe(202)
  return ((await response.json()) as { id: string }).id
}

/** Reads until the switch has ended. */
async function untilEnded(
  reader: { next(): Promise<ServerSentEvent | undefined> },
  seen: ServerSentEvent[],
): Promise<ServerSentEvent> {
  for (;;) {
    const event = await reader.next()
    if (event === undefined) throw new Error('The stream ended')
    seen.push(event)
    const { phase } = event.data as { phase?: string }
    if (event.event === 'switch' && ['done', 'aborted', 'failed'].includes(phase ?? '')) return event
  }
}

const countOf = ({ id = '' }: ServerSentEvent): number => Number(id.slice(id.lastIndexOf('-') + 1))

describe('switch events', () => {
  it('tell the phases in their order, whatever the prefix, as GET /v1/switch tells the last', async () => {
    const server = await start()
    await fetch(urlOf(server, 'a'), json('PUT', 1))
    await using reader = await readEvents(`${server.url}/v1/events?prefix=none`)
    const id = await switchTo(server, 'files')
    const seen: ServerSentEvent[] = []
    const last = await untilEnded(reader, seen)
    const phases = seen.map(({ data }) => (data as { phase: string }).phase)
    expect(phases).toEqual(expect.arrayContaining(['copying', 'verifying', 'cutting-over', 'done']))
    expect(last.data).toEqual(await (await fetch(`${server.url}/v1/switch/${id}`)).json())
  })

  it('tell why a switch was given up', async () => {
    const server = await start()
    for (let i = 0; i < 20; i++) await fetch(urlOf(server, `k${i}`), json('PUT', i))
    await using reader = await readEvents(`${server.url}/v1/events`)
    const id = await switchTo(server, 'files', { maxRate: 1 })
    await fetch(`${server.url}/v1/switch/${id}/abort`, { method: 'POST' })
    const last = await untilEnded(reader, [])
    expect(last.data).toMatchObject({ id, phase: 'aborted', error: { code: 'ABORTED' } })
  })
})

it('a reader that comes and goes while the backend is switched to and fro sees every event once, in order', async () => {
  const server = await start()
  const seen: ServerSentEvent[] = []
  let written = 0
  let isOver = false
  const first = await readEvents(`${server.url}/v1/events`)
  let last = first.lastEventId()
  while (last === undefined) {
    await new Promise(setImmediate)
    last = first.lastEventId()
  }
  first.close()

  async function write(): Promise<void> {
    while (!isOver) {
      const keys = Array.from({ length: 20 }, () => `k${written++}`)
      const entries = keys.map((key) => ({ key, value: 1 }))
      expect((await fetch(`${server.url}/v1/batch/set`, json('POST', { entries }))).status).toBe(200)
    }
  }
  async function switchToAndFro(): Promise<void> {
    for (const to of ['files', 'cache', 'files']) {
      const id = await switchTo(server, to)
      for (let phase = ''; phase !== 'done'; ) {
        const status = (await (await fetch(`${server.url}/v1/switch/${id}`)).json()) as { phase: string }
        phase = status.phase
        expect(['failed', 'aborted']).not.toContain(phase)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    isOver = true
  }
  async function read(): Promise<void> {
    const keysSeen = (): number => seen.filter(({ event }) => event === 'change').length
    while (!isOver || keysSeen() < written) {
      await using reader = await readEvents(`${server.url}/v1/events`, last)
      const some = 1 + (seen.length % 150)
      for (let i = 0; i < some && !(isOver && keysSeen() >= written); i++) {
        const event = await reader.next()
        if (event === undefined) break
        seen.push(event)
        last = event.id
      }
    }
  }

  await Promise.all([write(), switchToAndFro(), read()])
  expect(
    seen.filter(({ event }) => event === 'change').map(({ data }) => (data as { key: string }).key),
  ).toEqual(Array.from({ length: written }, (_, i) => `k${i}`))
  expect(seen.map(countOf)).toEqual(Array.from({ length: seen.length }, (_, i) => i + 1))
  const ends = seen.filter(
    ({ event, data }) => event === 'switch' && (data as { phase: string }).phase === 'done',
  )
  expect(ends).toHaveLength(3)
})

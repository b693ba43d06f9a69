import { once } from 'node:events'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { writeFiles } from './support/child-files.ts'
import { startChild } from './support/child-server.ts'
import { readEvents } from './support/event-reader.ts'
import { openRaw, readResponse } from './support/raw-http.ts'
import { json, temporaryFolder } from './support/start-server.ts'

const portOf = (url: string): number => Number(new URL(url).port)

/** A request of which only the first half has been sent. */
async function halfAPut(url: string): Promise<Socket> {
  const head =
    'PUT /v1/state/late HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 6\r\n\r\n"ab'
  const socket = await openRaw(portOf(url), head)
  // What is answered on another connection after it arrived after it.
  await fetch(`${url}/healthz`)
  return socket
}

describe('kill -9', () => {
  it('loses no acknowledged write', async () => {
    const folder = await temporaryFolder()
    const acknowledged = new Map<string, number>()
    for (let round = 0; round < 3; round++) {
      const child = startChild(folder)
      const url = await child.url()
      for (const [key, value] of acknowledged) {
        expect(await (await fetch(`${url}/v1/state/${key}`)).json()).toBe(value)
      }
      let count = 0
      const writer = async (id: number): Promise<void> => {
        for (let i = 0; ; i++) {
          const key = `k${round}-${id}-${i % 7}`
          try {
            const response = await fetch(`${url}/v1/state/${key}`, json('PUT', i))
            if (response.status !== 200) throw new Error(`Status ${response.status}`)
            await response.arrayBuffer()
          } catch {
            // This one may have been stored or not.
            acknowledged.delete(key)
            return
          }
          acknowledged.set(key, i)
          if (++count === 300) child.process.kill('SIGKILL')
        }
      }
      await Promise.all(Array.from({ length: 16 }, (_, id) => writer(id)))
      expect((await child.ended).signal).toBe('SIGKILL')
      expect(count).toBeGreaterThanOrEqual(300)
    }
    expect(acknowledged.size).toBeGreaterThan(100)
  })
})

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it('answers what is in flight, ends the streams, keeps the data, and exits', async () => {
    const folder = await temporaryFolder()
    const child = startChild(folder)
    const url = await child.url()
    const socket = await halfAPut(url)
    const stream = await readEvents(`${url}/v1/events`)
    const idle = await openRaw(portOf(url))
    const idleClosed = once(idle.resume(), 'close')
    const started = performance.now()
    child.process.kill(signal)
    await child.logged(new RegExp(`${signal}: stopping`))
    expect(await stream.next()).toBeUndefined()
    const response = readResponse(socket)
    socket.write('c"\r\n')
    const answer = await response
    expect(answer.status).toBe(200)
    const { code, stderr } = await child.ended
    await idleClosed
    expect([code, stderr]).toEqual([0, ''])
    expect(performance.now() - started).toBeLessThan(5000)
    const again = startChild(folder)
    expect(await (await fetch(`${await again.url()}/v1/state/late`)).json()).toBe('abc')
    again.process.kill('SIGKILL')
    await again.ended
  })
})

describe('stopping', () => {
  it('does not wait for a request that never ends', async () => {
    const child = startChild(await temporaryFolder())
    const socket = await halfAPut(await child.url())
    const started = performance.now()
    child.process.kill('SIGTERM')
    const { code } = await child.ended
    expect(performance.now() - started).toBeLessThan(5000)
    expect(code).toBe(0)
    socket.destroy()
  })

  it('is immediate at the second signal', async () => {
    const child = startChild(await temporaryFolder())
    const socket = await halfAPut(await child.url())
    child.process.kill('SIGTERM')
    await child.logged(/SIGTERM: stopping/)
    child.process.kill('SIGTERM')
    expect((await child.ended).code).toBe(143)
    socket.destroy()
  })
})

describe('a start that fails', () => {
  it.each([
    [
      "state: { backends: { local: { plugin: '@switchyard/sqlite', options: { path: a.db, durability: max } } } }",
      'switchyard: state.backends.local.options.durability: expected "normal" | "full"\n',
    ],
    ['server: { hots: x }', /^switchyard: server\.hots: not a field; allowed: host, port, [^\n]*\n$/],
    [
      "state: { backends: { local: { plugin: '@switchyard/sqlite', options: { path: . } } } }",
      /^switchyard: [^\n]*\n$/,
    ],
  ])('says why in one line and exits with 1: %s', async (yaml, expected) => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'switchyard.yaml': yaml, 'data/x': '' })
    const { code, stdout, stderr } = await startChild(folder).ended
    expect([code, stdout]).toEqual([1, ''])
    if (typeof expected === 'string') expect(stderr).toBe(expected)
    else expect(stderr).toMatch(expected)
  })

  it('names the port that is taken', async () => {
    const first = startChild(await temporaryFolder())
    const port = String(portOf(await first.url()))
    const { code, stderr } = await startChild(await temporaryFolder(), { PORT: port }).ended
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^switchyard: .*EADDRINUSE.*${port}\\n$`))
    first.process.kill('SIGKILL')
    await first.ended
  })
})

it('a start logs one line: the URL, the backend and the data folder', async () => {
  const folder = await temporaryFolder()
  const child = startChild(folder, { SWITCHYARD_DATA_DIR: 'here' })
  const url = await child.url()
  child.process.kill('SIGKILL')
  const lines = (await child.ended).stdout.trim().split('\n')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    msg: `Switchyard at ${url}, backend 'local' (sqlite), data in ${folder}/here`,
  })
})

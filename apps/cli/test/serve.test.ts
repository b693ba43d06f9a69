import { mkdirSync, renameSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { project } from './project.ts'

const URL_OF = /Switchyard at (http:\/\/[^,\s]+),/

/** A request of which no more than the first half is sent. */
function sendHalf(port: number, sent: () => void): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined)
  socket.write('PUT /v1/state/late HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n"ab', sent)
  return socket
}

test('a request that never ends does not keep the server from stopping', async () => {
  const { run } = project()
  let socket: Socket | undefined
  let isSent = false
  let stoppedAt = 0
  const { code, stdout } = await run(['serve'], {
    stopWhen(output) {
      const [, url] = URL_OF.exec(output) ?? []
      if (url === undefined) return false
      socket ??= sendHalf(Number(new URL(url).port), () => {
        isSent = true
      })
      stoppedAt = performance.now()
      return isSent
    },
  })
  socket?.destroy()
  expect([code, stdout]).toEqual([0, expect.stringContaining('SIGINT')])
  // Without a cut it would have its requestTimeout of 30 s.
  expect(performance.now() - stoppedAt).toBeLessThan(20_000)
})

test('a server that cannot serve any more ends with exit code 1', async () => {
  const { folder, run } = project()
  const journal = join(folder, 'data', 'switch.json')
  const breakIt = async (url: string): Promise<void> => {
    const send = (path: string, method: string, body: unknown): Promise<Response> =>
      fetch(url + path, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
    for (const key of ['a', 'b', 'c', 'd']) await send(`/v1/state/${key}`, 'PUT', 1)
    await send('/v1/switch', 'POST', { to: 'files', maxRate: 10 })
    // The commit fails in a way that tells nothing of what was written.
    renameSync(journal, `${journal}.kept`)
    mkdirSync(join(journal, 'x'), { recursive: true })
  }
  let broken: Promise<void> | undefined
  const { code, stdout } = await run(['serve'], {
    stopWhen(output) {
      const [, url] = URL_OF.exec(output) ?? []
      if (url !== undefined) broken ??= breakIt(url)
      return false
    },
  })
  await broken
  expect([code, stdout]).toEqual([1, expect.stringContaining('It is not known which backend serves')])
})

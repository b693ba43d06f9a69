import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { etagOf, json, startServer, urlOf } from './support/start-server.ts'
import { makeToken } from './support/tokens.ts'

const writer = makeToken({ scopes: ['write'] })
const reader = makeToken({ scopes: ['read', 'write'] })
const tokens = [writer, reader].map(({ settings }) => settings)
const server = await startServer({ backends: { one: memory() }, access: { tokens } })

const send = (method: string, key: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
  fetch(urlOf(server, key), method === 'PUT' ? json(method, 1, headers) : { method, headers })

it('who may write and not read learns from no condition what is there', async () => {
  const etag = etagOf(await send('PUT', 'there', writer.headers))
  for (const method of ['PUT', 'DELETE']) {
    for (const key of ['there', 'absent']) {
      for (const condition of [
        { 'if-match': '*' },
        { 'if-none-match': '*' },
        { 'if-match': etag },
        { 'if-none-match': etag },
      ]) {
        const sent = send(method, key, { ...writer.headers, ...condition } as Record<string, string>)
        const { detail } = await expectProblem(sent, 403, 'FORBIDDEN')
        expect(detail).toContain("'read'")
      }
    }
  }
  expect((await send('PUT', 'there', { ...reader.headers, 'if-match': etag })).status).toBe(200)
  expect((await send('DELETE', 'there', writer.headers)).status).toBe(204)
})

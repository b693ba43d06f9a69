import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { startServer } from './support/start-server.ts'

it('a cleanup by way of the store is recorded like any other', async () => {
  const server = await startServer({ backends: { one: memory() } })
  const cleaned = await fetch(`${server.url}/v1/store/cleanup`, { method: 'POST' })
  expect([cleaned.status, await cleaned.json()]).toEqual([200, { removed: [] }])
  const { entries } = (await (await fetch(`${server.url}/v1/audit`)).json()) as { entries: unknown[] }
  expect(entries).toMatchObject([{ actor: 'local', action: 'storeCleanup', outcome: 'done' }])
})

import { afterAll, expect, it } from 'vitest'
import { createClient } from '../src/index.ts'
import { rejection } from './rejects.ts'
import { startServer } from './start-server.ts'

const server = await startServer()
const client = createClient({ url: server.url })

afterAll(() => server.close())

it('the audit tells what administrators did, newest first and in parts', async () => {
  expect(await client.audit()).toEqual([])
  await client.cleanup()
  await client.backup('monday')
  const [last, first] = await client.audit()
  expect(last).toMatchObject({
    at: expect.any(Number),
    actor: 'local',
    address: '127.0.0.1',
    action: 'backup',
    detail: { name: 'monday' },
    outcome: 'done',
  })
  expect(first).toMatchObject({ action: 'cleanup', detail: {} })
  expect(await client.audit({ limit: 1 })).toEqual([last])
  expect(await client.audit({ before: String(last?.id), timeoutMs: 20_000 })).toEqual([first])
  await rejection(client.audit({ limit: 0 }), 'INVALID_OPTIONS')
})

import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer } from './support/start-server.ts'

const server = await startServer({ backends: { only: memory() } })
const make = (): Promise<Response> => fetch(`${server.url}/v1/backup`, json('POST', { name: 'monday' }))

it('a backup of a name that is taken is refused, without paths and with what can be done here', async () => {
  expect((await make()).status).toBe(201)
  const { detail } = await expectProblem(make(), 409, 'CONFLICT')
  expect(detail).toContain("'monday'")
  expect(detail).toContain('another name')
  expect(detail).not.toContain(server.dataDir)
  expect(detail).not.toContain('overwrite')
})

it('a file that is gone by the time it is looked at is not listed', async () => {
  // Its name is there, and what it stands for is not.
  await symlink(join(server.dataDir, 'gone'), join(server.dataDir, 'backups', 'vanished.backup'))
  const response = await fetch(`${server.url}/v1/backups`)
  expect([response.status, await response.json()]).toMatchObject([200, { backups: [{ name: 'monday' }] }])
})

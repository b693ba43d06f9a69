import { join } from 'node:path'
import { file } from '@switchyard/file'
import { sqlite } from '@switchyard/sqlite'
import { expect, it } from 'vitest'
import { writeFiles } from './support/child-files.ts'
import { startChild } from './support/child-server.ts'
import { failingBackend } from './support/failing-backend.ts'
import { json, type RunningServer, startServer, temporaryFolder } from './support/start-server.ts'
import { beginSwitch, endOfSwitch } from './support/switch-over.ts'

async function obstacles(server: RunningServer, options: object): Promise<readonly string[]> {
  const response = await fetch(`${server.url}/v1/switch`, json('POST', { ...options, dryRun: true }))
  return ((await response.json()) as { obstacles: readonly string[] }).obstacles
}

it('a dry run tells what a switch would be refused for', async () => {
  const folder = await temporaryFolder()
  const failing = failingBackend()
  const server = await startServer({
    backends: {
      local: sqlite({ path: join(folder, 's.db') }),
      files: file({ path: join(folder, 'f') }),
      failing,
    },
  })
  expect(await obstacles(server, { to: 'files' })).toEqual([])
  // 'failing' then says that it is sick.
  await fetch(`${server.url}/v1/state/sick`, json('PUT', 1))
  const id = await beginSwitch(server, { to: 'failing', allowVolatile: true })
  expect(await endOfSwitch(server, id)).toBe('done')
  const back = (await (await fetch(`${server.url}/v1/switch/${id}/rollback`, { method: 'POST' })).json()) as {
    id: string
  }
  expect(await endOfSwitch(server, back.id)).toBe('done')
  expect(await obstacles(server, { to: 'failing', allowVolatile: true })).toEqual([
    "'failing' is not healthy: it is sick",
  ])
})

it('a dry run tells that the target is not empty', async () => {
  const folder = await temporaryFolder()
  const backends = () => ({
    files: file({ path: join(folder, 'f') }),
    local: sqlite({ path: join(folder, 's.db') }),
  })
  const first = await startServer({ backends: backends() })
  await fetch(`${first.url}/v1/state/a`, json('PUT', 1))
  await first.close()
  const server = await startServer({ backends: backends(), active: 'local' })
  expect(await obstacles(server, { to: 'files' })).toEqual([
    "'files' is not empty; say replace: true to remove what it holds",
  ])
  expect(await obstacles(server, { to: 'files', replace: true })).toEqual([])
})

it('a restore that did not end is told in the log and the present state, until one has', async () => {
  const folder = await temporaryFolder()
  const restoring = Date.UTC(2026, 0, 2)
  const record = { format: 1, active: 'local', leftovers: [], restoring }
  await writeFiles(folder, { 'data/switch.json': JSON.stringify(record) })
  const child = startChild(folder)
  await child.logged(/A restore that began at 2026-01-02T00:00:00\.000Z did not end/)
  const url = await child.url()
  const told = async (): Promise<unknown> =>
    (await fetch(`${url}/v1/debug/state/switch`)).json().then((state) => (state as typeof record).restoring)
  expect(await told()).toBe(restoring)
  await fetch(`${url}/v1/backup`, json('POST', { name: 'b' }))
  expect((await fetch(`${url}/v1/restore`, json('POST', { name: 'b', mode: 'replace' }))).status).toBe(200)
  expect(await told()).toBeNull()
  child.process.kill('SIGKILL')
  await child.ended
})

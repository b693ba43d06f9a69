import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { file } from '@switchyard/file'
import { sqlite } from '@switchyard/sqlite'
import { expect, it } from 'vitest'
import { writeFiles } from './support/child-files.ts'
import { startChild } from './support/child-server.ts'
import { expectProblem } from './support/expect-problem.ts'
import { json, startServer, temporaryFolder } from './support/start-server.ts'
import { beginSwitch, endOfSwitch } from './support/switch-over.ts'

/** Has the commit of the switch fail in a way that tells nothing of what was written. */
async function breakJournal(dataDir: string): Promise<void> {
  const journal = join(dataDir, 'switch.json')
  await rename(journal, `${journal}.kept`)
  await mkdir(join(journal, 'x'), { recursive: true })
}

it('a server that cannot know which backend serves is not ready, and says why', async () => {
  const folder = await temporaryFolder()
  const server = await startServer({
    backends: { local: sqlite({ path: join(folder, 's.db') }), files: file({ path: join(folder, 'f') }) },
  })
  for (const key of ['a', 'b', 'c', 'd']) await fetch(`${server.url}/v1/state/${key}`, json('PUT', 1))
  const id = await beginSwitch(server, { to: 'files', maxRate: 10 })
  await breakJournal(server.dataDir)
  expect(await endOfSwitch(server, id)).toBe('failed')
  expect((await server.halted).message).toMatch(/^It is not known which backend serves/)
  await expectProblem(fetch(`${server.url}/v1/state/a`), 503, 'UNAVAILABLE')
  const problem = await expectProblem(fetch(`${server.url}/readyz`), 503, 'NOT_READY')
  expect(problem['detail']).toContain('It is not known which backend serves')
})

it('a switch that is given up halts nothing', async () => {
  const folder = await temporaryFolder()
  const server = await startServer({
    backends: { local: sqlite({ path: join(folder, 's.db') }), files: file({ path: join(folder, 'f') }) },
  })
  await fetch(`${server.url}/v1/state/a`, json('PUT', 1))
  const id = await beginSwitch(server, { to: 'files', maxRate: 1 })
  await fetch(`${server.url}/v1/switch/${id}/abort`, { method: 'POST' })
  const late = new Promise((resolve) => setTimeout(resolve, 200, 'serves'))
  expect(await Promise.race([server.halted, late])).toBe('serves')
})

it('its process says so and ends, so that another one finds out and serves', async () => {
  const folder = await temporaryFolder()
  const backends = {
    local: { plugin: '@switchyard/sqlite', options: { path: 'state.db' } },
    files: { plugin: '@switchyard/file', options: { path: 'files' } },
  }
  await writeFiles(folder, { 'switchyard.json': JSON.stringify({ state: { active: 'local', backends } }) })
  const child = startChild(folder)
  const url = await child.url()
  for (const key of ['a', 'b', 'c', 'd']) await fetch(`${url}/v1/state/${key}`, json('PUT', 1))
  await fetch(`${url}/v1/switch`, json('POST', { to: 'files', maxRate: 10 }))
  const data = join(folder, 'data')
  await breakJournal(data)
  const { code, stdout } = await child.ended
  expect(code).toBe(1)
  expect(stdout).toMatch(/"level":60.*It is not known which backend serves/)

  await rm(join(data, 'switch.json'), { recursive: true })
  await rename(join(data, 'switch.json.kept'), join(data, 'switch.json'))
  expect(JSON.parse(await readFile(join(data, 'switch.json'), 'utf8'))).toMatchObject({ active: 'local' })
  const again = startChild(folder)
  expect(await (await fetch(`${await again.url()}/v1/state/a`)).json()).toBe(1)
})

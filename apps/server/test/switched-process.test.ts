import { isRedisWanted, startRedis } from '@switchyard/services'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeFiles } from './support/child-files.ts'
import { type ChildServer, startChild } from './support/child-server.ts'
import { json, temporaryFolder } from './support/start-server.ts'

/** What a client outside knows of a key: the last value that was acknowledged, and those whose answers never came since. */
interface Known {
  readonly acknowledged: number | undefined
  readonly possible: readonly (number | undefined)[]
}

const WRITERS = 12
const KEYS = 60

describe.runIf(isRedisWanted())('a server that is switched and killed under traffic', () => {
  it('has everything that was acknowledged, and nothing that was deleted', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const folder = await temporaryFolder()
    const backends = {
      local: { plugin: '@switchyard/sqlite', options: { path: 'state.db' } },
      shared: { plugin: '@switchyard/redis', options: { url: redis.url } },
      files: { plugin: '@switchyard/file', options: { path: 'files' } },
    }
    await writeFiles(folder, { 'switchyard.json': JSON.stringify({ state: { active: 'local', backends } }) })

    let server: ChildServer = startChild(folder)
    let url = await server.url()
    let isOver = false
    let requests = 0
    const known = new Map<string, Known>()

    /** Each writer has its own keys, so that it knows what must be there. */
    async function writer(id: number): Promise<void> {
      for (let i = 1; !isOver; i++) {
        const key = `w${id}-${i % (KEYS / WRITERS)}`
        const before = known.get(key) ?? { acknowledged: undefined, possible: [] }
        const value = i % 5 === 0 ? undefined : i
        known.set(key, { ...before, possible: [...before.possible, value] })
        try {
          const path = `${url}/v1/state/${key}`
          const response = await fetch(path, value === undefined ? { method: 'DELETE' } : json('PUT', value))
          await response.arrayBuffer()
          requests++
          if (response.status < 300 || response.status === 404)
            known.set(key, { acknowledged: value, possible: [] })
        } catch {
          // The server is gone, or was when this arrived.
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    }

    const post = async (path: string, body?: unknown): Promise<Record<string, unknown>> => {
      const response = await fetch(url + path, body === undefined ? { method: 'POST' } : json('POST', body))
      return (await response.json()) as Record<string, unknown>
    }

    async function switchTo(to: string): Promise<void> {
      const { id } = await post('/v1/switch', { to })
      for (let phase: unknown; phase !== 'done'; ) {
        const status = (await (await fetch(`${url}/v1/switch/${id}`)).json()) as Record<string, unknown>
        phase = status['phase']
        expect(['aborted', 'failed']).not.toContain(phase)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }

    /** Kills the server shortly after a switch has begun, and starts it again; which backend serves then, and its log. */
    async function killInSwitch(to: string, afterMs: number): Promise<string> {
      await post('/v1/switch', { to })
      await new Promise((resolve) => setTimeout(resolve, afterMs))
      server.process.kill('SIGKILL')
      await server.ended
      const started = performance.now()
      server = startChild(folder)
      url = await server.url()
      expect(performance.now() - started).toBeLessThan(5000)
      const { active } = (await (await fetch(`${url}/v1/backends`)).json()) as { active: string }
      return active
    }

    const writers = Array.from({ length: WRITERS }, (_, id) => writer(id))
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 300))
    await pause()
    await switchTo('shared')
    await pause()
    expect(['shared', 'files']).toContain(await killInSwitch('files', 3))
    await pause()
    const { active } = (await (await fetch(`${url}/v1/backends`)).json()) as { active: string }
    if (active !== 'files') await switchTo('files')
    await pause()
    expect(['files', 'local']).toContain(await killInSwitch('local', 15))
    await pause()
    const status = (await (await fetch(`${url}/v1/switch`)).json()) as { phase: string }
    expect(['done', 'aborted']).toContain(status.phase)
    const { active: last } = (await (await fetch(`${url}/v1/backends`)).json()) as { active: string }
    if (last !== 'local') await switchTo('local')
    isOver = true
    await Promise.all(writers)

    expect(requests).toBeGreaterThan(500)
    for (const [key, { acknowledged, possible }] of known) {
      const response = await fetch(`${url}/v1/state/${key}`)
      const found = response.status === 404 ? undefined : await response.json()
      expect([acknowledged, ...possible], key).toContain(found)
    }
    server.process.kill('SIGTERM')
    await server.ended
  }, 300_000)

  it('says in its log what became of a switch that was cut off', async () => {
    const folder = await temporaryFolder()
    const backends = {
      local: { plugin: '@switchyard/sqlite', options: { path: 'state.db' } },
      files: { plugin: '@switchyard/file', options: { path: 'files' } },
    }
    await writeFiles(folder, { 'switchyard.json': JSON.stringify({ state: { active: 'local', backends } }) })
    const first = startChild(folder)
    const url = await first.url()
    await fetch(`${url}/v1/state/key`, json('PUT', 1))
    await fetch(`${url}/v1/state/other`, json('PUT', 2))
    await fetch(`${url}/v1/switch`, json('POST', { to: 'files', maxRate: 1 }))
    first.process.kill('SIGKILL')
    await first.ended
    const second = startChild(folder)
    await second.logged(/The switch from 'local' to 'files' was cut off before its commit: 'local' serves/)
    const again = await second.url()
    expect(await (await fetch(`${again}/v1/state/key`)).json()).toBe(1)
    expect(await (await fetch(`${again}/v1/switch`)).json()).toMatchObject({ to: 'files', phase: 'aborted' })
    second.process.kill('SIGTERM')
    await second.ended
  })
})

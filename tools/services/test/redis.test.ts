import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { startRedis, startRedisCluster, startRedisSentinel } from '../src/index.ts'
import { command } from '../src/resp.ts'

const folders = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => /^switchyard-(redis|sentinel)-/.test(name))

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('servers are apart from each other, and leave nothing behind', async () => {
  const before = folders()
  const [one, other] = await Promise.all([startRedis(), startRedis()])
  await command(one.port, ['SET', 'key', 'one'])
  expect(await command(other.port, ['EXISTS', 'key'])).toBe('0')
  const { pid } = one
  await Promise.all([one.stop(), other.stop()])
  expect(isAlive(pid)).toBe(false)
  await expect(command(one.port, ['PING'])).rejects.toThrow()
  expect(folders().filter((name) => !before.includes(name))).toEqual([])
})

test('a server can be paused, killed and started again with what it had saved', async () => {
  const server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  await command(server.port, ['SET', 'key', 'kept'])
  server.pause()
  await expect(command(server.port, ['PING'])).rejects.toThrow('No answer')
  server.resume()
  expect(await command(server.port, ['PING'])).toBe('PONG')
  await server.kill()
  await expect(command(server.port, ['PING'])).rejects.toThrow()
  await server.restart()
  expect(await command(server.port, ['GET', 'key'])).toBe('kept')
  await server.stop()
})

test('a server ends with the process that started it, however that ends', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('start-and-wait.ts', import.meta.url))])
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = await new Promise<[string]>((resolve) =>
    child.stdout.once('data', (data) => resolve([String(data)])),
  )
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  child.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
})

test('a cluster of three masters serves every slot', async () => {
  const cluster = await startRedisCluster()
  expect(cluster.nodes).toHaveLength(3)
  for (const { port } of cluster.nodes)
    expect(await command(port, ['CLUSTER', 'INFO'])).toContain('cluster_state:ok')
  await cluster.stop()
})

test('Sentinels make the replica the master when the master is gone', async () => {
  const sentinel = await startRedisSentinel()
  const { master, replica, name, sentinels } = sentinel
  await master.kill()
  const ask = async (): Promise<string> =>
    command(sentinels[0]?.port as number, ['SENTINEL', 'get-master-addr-by-name', name])
  while (!(await ask()).endsWith(String(replica.port))) await sleep(100)
  await expect
    .poll(() => command(replica.port, ['SET', 'key', 'value']).catch(String), { timeout: 10_000 })
    .toBe('OK')
  await sentinel.stop()
})

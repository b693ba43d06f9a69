import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Project {
  /** Runs the command as a shell does, and ends it with Ctrl-C when that is asked for. */
  run(
    args: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly stopWhen?: (output: string) => boolean },
  ): Promise<Ended>
  json(...args: readonly string[]): Promise<unknown>
  readonly folder: string
}

/** The command is started often. */
const compiled = mkdtempSync(join(tmpdir(), 'switchyard-compiled-'))
afterAll(() => rmSync(compiled, { recursive: true, force: true }))

function project(state: object = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const backends = {
    local: { plugin: '@switchyard/sqlite', options: { path: 'state.db' } },
    files: { plugin: '@switchyard/file', options: { path: 'files' } },
  }
  const config = { server: { port: 0 }, state: { active: 'local', backends, ...state } }
  writeFileSync(join(folder, 'switchyard.json'), JSON.stringify(config))

  const run: Project['run'] = async (args, { env = {}, stopWhen } = {}) => {
    const child = spawn(process.execPath, ['--no-warnings', MAIN, ...args], {
      cwd: folder,
      env: { ...process.env, NODE_COMPILE_CACHE: compiled, SWITCHYARD_BACKUP_KEY: '', ...env },
    })
    let stdout = ''
    let stderr = ''
    const watching = setInterval(() => {
      if (stopWhen?.(stdout + stderr) !== true) return
      clearInterval(watching)
      child.kill('SIGINT')
    }, 20)
    child.stdout.on('data', (text) => {
      stdout += String(text)
    })
    child.stderr.on('data', (text) => {
      stderr += String(text)
    })
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(watching)
    return { code, stdout, stderr }
  }
  return {
    folder,
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run(['--json', ...args])
      expect([code, stderr]).toEqual([0, ''])
      return JSON.parse(stdout)
    },
  }
}

describe('values', () => {
  test('are set, read, listed and deleted', async () => {
    const { run, json } = project()
    expect(await run(['set', 'user:1', '{"name":"Ada"}', '--ttl', '1h'])).toMatchObject({
      code: 0,
      stderr: '',
    })
    expect((await run(['set', 'user:2', 'just text'])).code).toBe(0)
    expect(await run(['get', 'user:1'])).toEqual({ code: 0, stdout: '{"name":"Ada"}\n', stderr: '' })
    expect(await json('get', 'user:1')).toMatchObject({
      key: 'user:1',
      value: { name: 'Ada' },
      expiresAt: expect.any(Number),
    })
    expect((await run(['get', 'user:2'])).stdout).toBe('"just text"\n')
    expect((await run(['keys', '--prefix', 'user:'])).stdout).toBe('user:1\nuser:2\n')
    expect((await run(['keys', '--limit', '1', '--json'])).stdout).toBe('{"key":"user:1"}\n')
    expect(await json('stats')).toMatchObject({ backend: 'local', keys: 2 })
    expect(await json('delete', 'user:1', 'user:2', 'user:3')).toEqual({ deleted: 2 })
    expect(await run(['get', 'user:1'])).toMatchObject({
      code: 3,
      stdout: '',
      stderr: "There is no 'user:1'\n",
    })
  })

  test('a condition that does not hold changes nothing', async () => {
    const { run } = project()
    await run(['set', 'key', '1'])
    const { code, stderr } = await run(['set', 'key', '2', '--if-version', 'other', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'CONFLICT' } })
    expect((await run(['get', 'key'])).stdout).toBe('1\n')
  })
})

describe('migrate', () => {
  test('moves everything, and the other backend serves from then on', async () => {
    const { run, json } = project()
    for (let i = 0; i < 5; i++) await run(['set', `key${i}`, String(i)])
    expect(await json('migrate', 'files', '--dry-run')).toMatchObject({
      from: 'local',
      to: 'files',
      keys: 5,
      problems: [],
    })
    expect(await json('stats')).toMatchObject({ backend: 'local' })
    const { code, stdout } = await run(['migrate', 'files'])
    expect([code, stdout]).toEqual([0, "'files' has all of 'local', and serves from now on (5 entries)\n"])
    expect(await json('stats')).toMatchObject({ backend: 'files', keys: 5 })
    expect(await run(['verify', 'local', 'files'])).toMatchObject({
      code: 0,
      stdout: '5 keys compared, 0 differ\n',
    })
    const [one, other] = [await json('verify', 'local'), await json('verify', 'files')] as {
      digest: string
    }[]
    expect(one?.digest).toBe(other?.digest)
    await run(['set', 'key1', 'changed'])
    expect(await run(['verify', 'local', 'files'])).toMatchObject({
      code: 4,
      stdout: expect.stringContaining('differs: key1'),
    })
  })

  test('is given up with Ctrl-C, and everything is as before', async () => {
    const { folder, run, json } = project()
    for (let i = 0; i < 3; i++) await run(['set', `key${i}`, String(i)])
    // The copy waits for a minute after its first entries; the journal says when it has begun.
    const journal = join(folder, 'data', 'switch.json')
    const { code, stderr } = await run(['migrate', 'files', '--max-rate', '0.05'], {
      stopWhen: () => existsSync(journal),
    })
    expect([code, stderr]).toEqual([130, expect.stringContaining('aborted')])
    expect(await json('stats')).toMatchObject({ backend: 'local', keys: 3 })
    expect((await run(['migrate', 'files'])).code).toBe(0)
  })

  test('is refused while the server runs', async () => {
    const { run } = project()
    let refused: Promise<Ended> | undefined
    let isOver = false
    const server = await run(['serve'], {
      stopWhen(output) {
        if (!output.includes('Switchyard at')) return false
        refused ??= run(['migrate', 'files']).finally(() => {
          isOver = true
        })
        return isOver
      },
    })
    expect(server.code).toBe(0)
    expect(await refused).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by process') })
  })
})

test('backup and restore, encrypted and not, checked before', async () => {
  const { folder, run, json } = project()
  for (let i = 0; i < 5; i++) await run(['set', `key${i}`, String(i)])
  expect(await json('backup', 'plain.backup')).toMatchObject({ records: 5, encrypted: false })
  const env = { SWITCHYARD_BACKUP_KEY: 'secret' }
  expect((await run(['backup', 'secret.backup'], { env })).code).toBe(0)
  expect((await run(['backup', 'plain.backup'])).code).toBe(1)
  expect((await run(['backup', 'plain.backup', '--overwrite'])).code).toBe(0)
  expect(await run(['restore', 'plain.backup'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not empty'),
  })
  await run(['delete', 'key1'])
  await run(['set', 'extra', '1'])
  expect((await run(['restore', 'secret.backup', '--mode', 'merge'])).stderr).toContain('encrypted')
  expect((await run(['restore', 'secret.backup', '--mode', 'replace'], { env })).code).toBe(0)
  expect((await run(['keys'])).stdout).toBe('key0\nkey1\nkey2\nkey3\nkey4\n')
  const path = join(folder, 'plain.backup')
  truncateSync(path, readFileSync(path).length - 3)
  expect(await run(['restore', 'plain.backup', '--dry-run'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('not a whole backup'),
  })
})

test('doctor tells what is well and what is not', async () => {
  const well = project()
  await well.run(['set', 'key', '1'])
  const { code, stdout } = await well.run(['doctor'])
  expect(stdout.split('\n').filter((line) => !line.startsWith('ok  '))).toEqual([''])
  expect(code).toBe(0)
  const ill = project({
    backends: {
      local: { plugin: '@switchyard/redis', options: { url: 'redis://127.0.0.1:1', connectTimeoutMs: 200 } },
    },
  })
  const found = await ill.run(['doctor'])
  expect(found.code).toBe(4)
  expect(found.stdout).toMatch(/FAIL backend local \(redis\): .*cannot be reached/)
})

test('arguments that make no sense are told, with exit code 2', async () => {
  const { run, folder } = project()
  for (const args of [
    ['nothing'],
    ['get'],
    ['restore', 'x', '--mode', 'some'],
    ['verify', 'nowhere'],
    ['keys', '--limit', 'x'],
    ['--config', 'none.yaml', 'stats'],
  ]) {
    const { code, stdout, stderr } = await run(args)
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(stderr).not.toMatch(/\n\s+at /)
  }
  expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('migrate') })
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

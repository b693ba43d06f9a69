import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Ended, project } from './project.ts'

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

  test('a dry run tells what else it would be refused for, with exit code 4', async () => {
    const { folder, run } = project()
    await run(['set', 'key', '1'])
    await run(['migrate', 'files'])
    // What a switch has left there would not be in the way.
    rmSync(join(folder, 'data', 'switch.json'))
    const { code, stdout } = await run(['migrate', 'files', '--dry-run'])
    expect([code, stdout]).toEqual([4, expect.stringContaining("refused: 'files' is not empty")])
    expect((await run(['migrate', 'files', '--dry-run', '--replace'])).code).toBe(0)
  })
})

test('a backend whose options were changed is not taken for the one that served or that a switch has left a copy in', async () => {
  const { folder, run } = project()
  await run(['set', 'key', '1'])
  await run(['migrate', 'files'])
  const path = join(folder, 'switchyard.json')
  const config = readFileSync(path, 'utf8')
  writeFileSync(path, config.replace('"path":"files"', '"path":"other files"'))
  const { code, stderr } = await run(['set', 'key', '2'])
  expect([code, stderr]).toEqual([
    2,
    expect.stringContaining('state.backends.files: its options were changed'),
  ])
  writeFileSync(path, config.replace('state.db', 'other.db'))
  expect((await run(['set', 'key', '2'])).stderr).toContain(
    "'local' is another backend than the one of this name",
  )
  writeFileSync(path, config)
  expect((await run(['migrate', 'local'])).stderr).toContain("'local' is not empty")
})

describe('while a server runs', () => {
  test('what reads works beside it, and what changes anything is refused', async () => {
    const { run } = project()
    await run(['set', 'key', '1'])
    let pid = 0
    let asked: Promise<readonly Ended[]> | undefined
    let isOver = false
    const all = async (): Promise<readonly Ended[]> => [
      await run(['get', 'key']),
      await run(['migrate', 'files', '--dry-run']),
      ...(await Promise.all(
        [
          ['set', 'key', '2'],
          ['delete', 'key'],
          ['backup', 'file'],
          ['restore', 'file'],
          ['migrate', 'files'],
        ].map((args) => run([...args, '--json'])),
      )),
    ]
    const server = await run(['serve'], {
      stopWhen(output, child) {
        if (!output.includes('Switchyard at')) return false
        pid = child
        asked ??= all().finally(() => {
          isOver = true
        })
        return isOver
      },
    })
    expect(server.code).toBe(0)
    const [read, plan, ...refused] = (await asked) ?? []
    expect(read).toEqual({ code: 0, stdout: '1\n', stderr: '' })
    expect(plan).toMatchObject({ code: 0, stderr: '' })
    expect(refused).toHaveLength(5)
    for (const { code, stderr } of refused) {
      expect(code).toBe(1)
      expect(JSON.parse(stderr)).toEqual({
        error: { code: 'LOCKED', message: expect.stringMatching(`in use by process ${pid};.* its API`) },
      })
    }
    expect((await run(['get', 'key'])).stdout).toBe('1\n')
  })

  test('its journal stays as it is, also in the middle of a switch', async () => {
    const { folder, run, json } = project()
    await run(['set', 'key', '1'])
    const journal = join(folder, 'data', 'switch.json')
    const latest = { id: '1', from: 'local', to: 'files', state: 'prepared', at: 1 }
    const text = JSON.stringify({ format: 1, active: 'local', leftovers: [], latest })
    writeFileSync(journal, text)
    expect((await run(['get', 'key'])).stdout).toBe('1\n')
    for (const args of [
      ['keys'],
      ['stats'],
      ['verify', 'local'],
      ['doctor'],
      ['migrate', 'files', '--dry-run'],
    ])
      expect((await run(args)).code).toBe(0)
    expect(readFileSync(journal, 'utf8')).toBe(text)
    // Alone it brings the switch to its end.
    await json('set', 'key', '2')
    expect(JSON.parse(readFileSync(journal, 'utf8'))).toMatchObject({ latest: { state: 'aborted' } })
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

describe('doctor and the files of the data folder', () => {
  test.each([
    ['switch.json', 'no JSON', /FAIL journal of switches: '.*switch\.json' is not a journal/],
    ['backends.json', '{"format":7}', /FAIL names of backends: '.*backends\.json' does not say/],
    ['config.json', '{"format":1}', /FAIL runtime settings: '.*config\.json' does not hold runtime settings/],
    [
      'config.json',
      '{"format":1,"revision":1,"patch":{"logLevel":"loud"}}',
      /FAIL runtime settings: .*logLevel/,
    ],
    [
      'switch.json',
      '{"format":1,"active":"local","leftovers":[],"restoring":1767225600000}',
      /FAIL journal of switches: .*begun at 2026-01-01T00:00:00\.000Z has not ended/,
    ],
    [
      'switch.json',
      '{"format":1,"active":"other","leftovers":[]}',
      /FAIL journal of switches: 'other' serves, and the configuration has no such backend/,
    ],
  ])('%s that is not well is told', async (name, text, expected) => {
    const { folder, run } = project()
    await run(['set', 'key', '1'])
    const path = join(folder, 'data', name)
    writeFileSync(path, text)
    const { code, stdout } = await run(['doctor'])
    expect([code, stdout]).toEqual([4, expect.stringMatching(expected)])
    expect(stdout).toContain('ok   backend local')
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  test('a backend that is another one than that which served is told', async () => {
    const { folder, run } = project()
    await run(['set', 'key', '1'])
    const path = join(folder, 'switchyard.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace('state.db', 'other.db'))
    const { code, stdout } = await run(['doctor'])
    expect([code, stdout]).toEqual([
      4,
      expect.stringMatching(/FAIL names of backends: state\.backends\.local: its options were changed/),
    ])
  })
})

test('what reads makes no data in a folder that is not that of a server, and says so', async () => {
  const { folder, run } = project()
  await run(['set', 'key', '1'])
  const wrong = join(folder, 'wrong')
  for (const args of [
    ['stats'],
    ['keys'],
    ['get', 'key'],
    ['verify', 'local'],
    ['migrate', 'files', '--dry-run'],
    ['migrate', 'files'],
    ['backup', 'file'],
    ['delete', 'key'],
  ]) {
    const { code, stdout, stderr } = await run(['--data-dir', 'wrong', ...args])
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(stderr).toContain(`No server has run with the data folder '${wrong}'`)
    expect(existsSync(wrong)).toBe(false)
  }
  mkdirSync(wrong)
  const { code, stdout } = await run(['--data-dir', 'wrong', 'doctor'])
  expect([code, stdout]).toEqual([4, expect.stringContaining(`FAIL data folder ${wrong}: No server has run`)])
  expect(readdirSync(wrong)).toEqual([])
})

test.each([
  ['INVALID_KEY', ['set', '', '1']],
  ['INVALID_TTL', ['set', 'key', '1', '--ttl', 'soon']],
  ['NOT_SERIALIZABLE', ['set', 'key', '1e999']],
  ['UNKNOWN_BACKEND', ['migrate', 'nowhere']],
  ['UNKNOWN_BACKEND', ['verify', 'nowhere']],
  ['INVALID_OPTIONS', ['migrate', 'local']],
  ['INVALID_OPTIONS', ['keys', '--limit', 'x']],
  ['INVALID_OPTIONS', ['--config', 'none.yaml', 'stats']],
  ['INVALID_OPTIONS', ['nothing']],
  ['INVALID_OPTIONS', ['get']],
  ['INVALID_OPTIONS', ['get', 'key', '--nope']],
  ['INVALID_OPTIONS', []],
] as const)('a mistake of the caller has exit code 2 and the code %s: %j', async (expected, args) => {
  const { run } = project()
  await run(['set', 'key', '1'])
  const { code, stdout, stderr } = await run([...args, '--json'])
  expect([code, stdout]).toEqual([2, ''])
  const { error } = JSON.parse(stderr) as { error: { code: string; message: string } }
  expect(error.code).toBe(expected)
  expect(error.message).toMatch(/^[^(]+/)
})

test('arguments that make no sense are told, with exit code 2', async () => {
  const { run, folder } = project()
  for (const args of [
    ['nothing'],
    ['get'],
    ['restore', 'x', '--mode', 'some'],
    ['verify', 'nowhere'],
    ['keys', '--limit', 'x'],
    ['migrate', 'files', '--max-rate', 'abc'],
    ['migrate', 'files', '--max-rate', ''],
    ['migrate', 'files', '--max-rate', '-1'],
    ['--config', 'none.yaml', 'stats'],
  ]) {
    const { code, stdout, stderr } = await run(args)
    expect([args, code, stdout]).toEqual([args, 2, ''])
    expect(stderr).not.toMatch(/\n\s+at /)
  }
  expect(await run(['--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('migrate') })
  expect(existsSync(join(folder, 'data'))).toBe(false)
})

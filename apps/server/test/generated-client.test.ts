import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { memory } from '@switchyard/memory'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, it } from 'vitest'
import { afterFile } from './support/after-file.ts'
import { startServer } from './support/start-server.ts'

/** What a user of a generated client writes; it does not compile if the document says something else. */
const PROGRAM = `import createClient from 'openapi-fetch'
import type { components, paths } from './api.ts'

type Problem = components['schemas']['Problem']

export async function run(baseUrl: string): Promise<readonly unknown[]> {
  const client = createClient<paths>({ baseUrl })
  const path = { key: 'order/1' }
  const put = await client.PUT('/v1/state/{key}', { params: { path, query: { ttl: '1h' } }, body: { total: 1 } })
  const version: string | undefined = put.data?.version
  const got = await client.GET('/v1/state/{key}', { params: { path } })
  const sum = await client.POST('/v1/state/{key}/increment', { params: { path: { key: 'n' } }, body: { by: 5 } })
  const value: number | undefined = sum.data?.value
  const batch = await client.POST('/v1/batch/get', { body: { keys: ['order/1', 'none'] } })
  const entries: readonly ({ key: string } | null)[] | undefined = batch.data?.entries
  const list = await client.GET('/v1/state', { params: { query: { prefix: 'order/', limit: 10 } } })
  const keys: readonly string[] | undefined = list.data !== undefined && 'keys' in list.data ? list.data.keys : undefined
  const missing = await client.GET('/v1/state/{key}', { params: { path: { key: 'none' } } })
  const problem: Problem | undefined = missing.error
  const gone = await client.DELETE('/v1/state/{key}', {
    params: { path, header: { 'If-Match': \`"\${version}"\`, 'Idempotency-Key': 'once' } },
  })
  const backends = await client.GET('/v1/backends')
  const active: string | undefined = backends.data?.active
  return [put.response.status, got.data, value, entries?.length, keys, problem?.code, gone.response.status, active]
}

export async function manage(baseUrl: string): Promise<readonly unknown[]> {
  const client = createClient<paths>({ baseUrl })
  const config = await client.GET('/v1/config')
  const version: string = config.data?.version ?? ''
  const patched = await client.PATCH('/v1/config', {
    params: { header: { 'If-Match': \`"\${version}"\` } },
    body: { features: { beta: true } },
  })
  const features: Readonly<Record<string, boolean>> | undefined = patched.data?.settings.features
  const late = await client.PATCH('/v1/config', {
    params: { header: { 'If-Match': \`"\${version}"\` } },
    body: { features: { beta: false } },
  })
  const refused: Problem | undefined = late.error
  await client.POST('/v1/batch/set', { body: { entries: [{ key: 'a', value: { n: 1 } }, { key: 'b', value: 2, ttl: '1h' }] } })
  const transaction = await client.POST('/v1/transactions', {
    body: {
      checks: [{ key: 'new', version: null }],
      operations: [
        { op: 'set', key: 'new', value: 'text' },
        { op: 'increment', key: 'sum', by: 2 },
        { op: 'delete', key: 'b' },
      ],
    },
  })
  const outcomes: readonly string[] | undefined = transaction.data?.results.map((result) =>
    result.op === 'increment' ? \`increment \${result.value}\` : result.op === 'delete' ? \`delete \${result.deleted}\` : result.op,
  )
  const list = await client.GET('/v1/state', { params: { query: { values: true } } })
  const listed: readonly unknown[] | undefined =
    list.data !== undefined && 'entries' in list.data
      ? list.data.entries.map((entry) => [entry.key, 'value' in entry ? entry.value : entry.contentType])
      : undefined
  const removed = await client.POST('/v1/batch/delete', { body: { keys: ['a', 'none'] } })
  const deleted: number | undefined = removed.data?.deleted
  const planned = await client.POST('/v1/switch', { body: { to: 'other', allowVolatile: true, dryRun: true } })
  const to: string | undefined = planned.data !== undefined && 'problems' in planned.data ? planned.data.to : undefined
  const made = await client.POST('/v1/backup', { body: { name: 'monday' } })
  const records: number | undefined = made.data?.records
  const files = await client.GET('/v1/backups')
  const names: readonly string[] | undefined = files.data?.backups.map(({ name }) => name)
  const restored = await client.POST('/v1/restore', { body: { name: 'monday', mode: 'replace' } })
  const expired: number | undefined = restored.data?.expired
  const audit = await client.GET('/v1/audit', { params: { query: { limit: 2 } } })
  const actions: readonly string[] | undefined = audit.data?.entries.map(({ action, outcome }) => \`\${action} \${outcome}\`)
  return [features, refused?.code, outcomes, listed, deleted, to, records, names, expired, actions]
}
`

it('a client generated from the document compiles under strict, and works', async () => {
  const server = await startServer({ backends: { cache: memory(), other: memory() } })
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Parameters<
    typeof openapiTS
  >[0]
  // Within the package, where the client's own library is found.
  await mkdir(join(import.meta.dirname, '../.reports'), { recursive: true })
  const folder = await mkdtemp(join(import.meta.dirname, '../.reports/client-'))
  afterFile(() => rm(folder, { recursive: true, force: true }))
  const generated = await openapiTS(document)
  await writeFile(join(folder, 'api.ts'), astToString(generated))
  await writeFile(join(folder, 'program.ts'), PROGRAM)
  const config = { extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['./*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(import.meta.dirname, '../../../node_modules/@typescript/native/bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(
    ({ stdout }: { stdout: string }) => {
      throw new Error(stdout)
    },
  )
  const { run, manage } = (await import(join(folder, 'program.ts'))) as {
    run(url: string): Promise<readonly unknown[]>
    manage(url: string): Promise<readonly unknown[]>
  }
  expect(await run(server.url)).toEqual([200, { total: 1 }, 5, 2, ['order/1'], 'NOT_FOUND', 204, 'cache'])
  expect(await manage(server.url)).toEqual([
    { beta: true },
    'CONFLICT',
    ['set', 'increment 2', 'delete true'],
    [
      ['a', { n: 1 }],
      ['n', 5],
      ['new', 'text'],
      ['sum', 2],
    ],
    1,
    'other',
    expect.any(Number),
    ['monday'],
    0,
    ['restore done', 'backup done'],
  ])
}, 300_000)

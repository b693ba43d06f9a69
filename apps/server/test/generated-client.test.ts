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
`

it('a client generated from the document compiles under strict, and works', async () => {
  const server = await startServer({ backends: { cache: memory() } })
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Parameters<
    typeof openapiTS
  >[0]
  // Within the package, where the client's own library is found.
  await mkdir(join(import.meta.dirname, '../.reports'), { recursive: true })
  const folder = await mkdtemp(join(import.meta.dirname, '../.reports/client-'))
  afterFile(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'api.ts'), astToString(await openapiTS(document)))
  await writeFile(join(folder, 'program.ts'), PROGRAM)
  const config = { extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['./*.ts'] }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = join(import.meta.dirname, '../../../node_modules/@typescript/native/bin/tsc')
  await promisify(execFile)(process.execPath, [compiler, '-p', folder]).catch(
    ({ stdout }: { stdout: string }) => {
      throw new Error(stdout)
    },
  )
  const { run } = (await import(join(folder, 'program.ts'))) as {
    run(url: string): Promise<readonly unknown[]>
  }
  expect(await run(server.url)).toEqual([200, { total: 1 }, 5, 2, ['order/1'], 'NOT_FOUND', 204, 'cache'])
}, 60_000)

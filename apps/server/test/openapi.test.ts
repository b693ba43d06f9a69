import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { PROBLEM_TYPES } from '../src/problems/problem-types.ts'
import { json, startServer } from './support/start-server.ts'

interface Media {
  readonly schema: object
}

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security?: readonly object[]
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, Media>> }
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: { readonly Problem: { readonly properties: { readonly code: object } } }
  }
}

const server = await startServer()
const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
)

function operationOf(name: string): Operation {
  const found = operations.find((one) => one.name === name)
  if (found === undefined) throw new Error(`The document has no ${name}`)
  return found.operation
}

it('is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toMatch(/^3\.1\./)
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  expect({ valid, errors }).toMatchObject({ valid: true })
})

it('names every route', () => {
  expect(operations.map(({ name }) => name).toSorted()).toEqual(
    [
      'GET /',
      'GET /healthz',
      'GET /readyz',
      'GET /metrics',
      'GET /v1/debug/state',
      'GET /v1/debug/state/{component}',
      'GET /v1/config',
      'PATCH /v1/config',
      'GET /openapi.json',
      'GET /v1/audit',
      'GET /v1/session',
      'POST /v1/session',
      'DELETE /v1/session',
      'GET /v1/backups',
      'GET /v1/switch',
      'GET /v1/switch/{id}',
      'POST /v1/backup',
      'POST /v1/restore',
      'GET /v1/store',
      'POST /v1/store/cleanup',
      'POST /v1/store/delete',
      'POST /v1/store/flush',
      'POST /v1/store/get',
      'POST /v1/store/list',
      'POST /v1/store/set',
      'POST /v1/store/write',
      'POST /v1/switch',
      'POST /v1/switch/{id}/abort',
      'POST /v1/switch/{id}/complete',
      'POST /v1/switch/{id}/rollback',
      'GET /v1/state',
      'GET /v1/state/{key}',
      'HEAD /v1/state/{key}',
      'PUT /v1/state/{key}',
      'DELETE /v1/state/{key}',
      'PATCH /v1/state/{key}',
      'POST /v1/state/{key}/increment',
      'POST /v1/batch/get',
      'POST /v1/batch/set',
      'POST /v1/batch/delete',
      'POST /v1/transactions',
      'GET /v1/events',
      'GET /v1/events/ws',
      'GET /v1/backends',
      'GET /v1/stats',
      'POST /v1/cleanup',
      'POST /v1/optimize',
    ].toSorted(),
  )
})

it('has a summary, a unique id, a success and the problems for each', () => {
  expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
  for (const { operation } of operations) {
    expect(operation.summary).not.toBe('')
    expect(Object.keys(operation.responses)).toContain('default')
    expect(operation.responses['default']?.content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    })
    expect(Object.keys(operation.responses).some((status) => /^(101|2..)$/.test(status))).toBe(true)
  }
  expect(document.components.schemas.Problem.properties.code).toMatchObject({
    enum: Object.keys(PROBLEM_TYPES),
  })
})

it('tells what goes in', () => {
  const put = operationOf('PUT /v1/state/{key}')
  expect(Object.keys(put.requestBody?.content ?? {})).toEqual(['application/json', '*/*'])
  expect(put.parameters?.map((parameter) => `${parameter.in} ${parameter.name}`).toSorted()).toEqual([
    'header Idempotency-Key',
    'header If-Match',
    'header If-None-Match',
    'path key',
    'query keepTtl',
    'query ttl',
  ])
  expect(operationOf('POST /v1/state/{key}/increment').requestBody?.required).toBe(false)
  expect(operationOf('GET /v1/events').parameters?.map(({ name }) => name)).toEqual([
    'prefix',
    'Last-Event-ID',
  ])
})

it('names the scopes that a route asks for', () => {
  const scopesOf = (name: string): unknown => operationOf(name).security
  expect(scopesOf('GET /healthz')).toEqual([])
  expect(scopesOf('GET /v1/session')).toEqual([{ token: [] }, { session: [] }])
  expect(scopesOf('POST /v1/switch')).toEqual([{ token: ['admin'] }, { session: ['admin'] }])
  expect(scopesOf('PATCH /v1/state/{key}')).toEqual([
    { token: ['write', 'read'] },
    { session: ['write', 'read'] },
  ])
})

describe('the answers are as documented', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const transaction = {
    checks: [{ key: 'x', version: null }],
    operations: [
      { op: 'set', key: 'x', value: 1, ttl: '1h' },
      { op: 'increment', key: 'n' },
      { op: 'delete', key: 'x' },
    ],
  }
  const entries = [
    { key: 'a', value: [1], ttl: 60_000 },
    { key: 'b', contentType: 'image/png', base64: 'eA==' },
  ]

  it.each([
    ['PUT /v1/state/{key}', '/v1/state/a?ttl=1h', json('PUT', 1)],
    ['POST /v1/state/{key}/increment', '/v1/state/n/increment', json('POST', { by: 2 })],
    ['POST /v1/batch/set', '/v1/batch/set', json('POST', { entries })],
    ['POST /v1/batch/get', '/v1/batch/get', json('POST', { keys: ['a', 'b', 'c'] })],
    ['POST /v1/transactions', '/v1/transactions', json('POST', transaction)],
    ['POST /v1/batch/delete', '/v1/batch/delete', json('POST', { keys: ['x'] })],
    ['GET /v1/state', '/v1/state?limit=1', {}],
    ['GET /v1/state', '/v1/state?values=true', {}],
    ['GET /v1/backends', '/v1/backends', {}],
    ['GET /v1/stats', '/v1/stats', {}],
    ['GET /v1/audit', '/v1/audit', {}],
    ['GET /v1/session', '/v1/session', {}],
    ['POST /v1/session', '/v1/session', json('POST', { token: 'x' })],
    ['POST /v1/cleanup', '/v1/cleanup', { method: 'POST' }],
    ['POST /v1/optimize', '/v1/optimize', { method: 'POST' }],
    ['GET /', '/', {}],
    ['GET /healthz', '/healthz', {}],
    ['GET /readyz', '/readyz', {}],
    ['GET /v1/debug/state', '/v1/debug/state', {}],
    ['GET /v1/debug/state/{component}', '/v1/debug/state/build', {}],
    ['GET /v1/config', '/v1/config', {}],
    ['PATCH /v1/config', '/v1/config', json('PATCH', { features: { beta: true }, cleanupInterval: false })],
    ['GET /openapi.json', '/openapi.json', {}],
  ] as [string, string, RequestInit][])('%s (%s)', async (name, path, init) => {
    const response = await fetch(server.url + path, init)
    const media = operationOf(name).responses[response.status]?.content?.['application/json']
    expect(media).toBeDefined()
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    const validate = ajv.compile((media as Media).schema)
    validate(await response.json())
    expect(validate.errors).toBeNull()
  })

  it('and so are problems', async () => {
    const validate = ajv.compile(document.components.schemas.Problem)
    for (const path of ['/v1/state/absent', '/nope', '/v1/state/%zz', '/v1/state?limit=0']) {
      validate(await (await fetch(server.url + path)).json())
      expect(validate.errors).toBeNull()
    }
  })
})

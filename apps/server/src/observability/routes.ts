import type { FastifyInstance } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import { noQuery } from '../schemas/entry-parameters.ts'
import { type JsonSchema, record } from '../schemas/json-schema.ts'
import { ok, responses } from '../schemas/responses.ts'
import { componentSchemas } from './component-schemas.ts'
import type { Observability } from './observability.ts'

interface ComponentRoute {
  readonly Params: { readonly component: string }
}

const config = { access: { scope: 'admin' } } as const

const anyComponent: JsonSchema = {
  type: 'object',
  description: 'As in `components` of `GET /v1/debug/state`; `error`: why it could not be read.',
}

/** What the server tells of itself, for monitoring and for those who look for a fault. */
export function observabilityRoutes(app: FastifyInstance, { metrics, debug }: Observability): void {
  app.get('/metrics', {
    config,
    schema: {
      operationId: 'metrics',
      summary: 'Metrics in the text format of Prometheus',
      tags: ['server'],
      querystring: noQuery,
      response: responses({
        200: { description: 'The metrics.', content: { 'text/plain': { schema: { type: 'string' } } } },
      }),
    },
    async handler(_request, reply) {
      return reply.header('content-type', metrics.contentType).send(await metrics.text())
    },
  })

  app.get('/v1/debug/state', {
    config,
    schema: {
      operationId: 'debugState',
      summary: 'The present state of every part of the server',
      tags: ['server'],
      querystring: noQuery,
      response: responses({
        200: ok(
          record({
            components: {
              type: 'object',
              properties: componentSchemas,
              required: Object.keys(componentSchemas),
              additionalProperties: { type: 'object', additionalProperties: true },
            },
          }),
          'By the name of the component.',
        ),
      }),
    },
    async handler(_request, reply) {
      const components = debug.components.map(async (name) => [name, await debug.read(name)] as const)
      return reply.send({ components: Object.fromEntries(await Promise.all(components)) })
    },
  })

  app.get<ComponentRoute>('/v1/debug/state/:component', {
    config,
    schema: {
      operationId: 'debugComponent',
      summary: 'The present state of one part of the server',
      tags: ['server'],
      params: record({ component: { type: 'string' } }),
      querystring: noQuery,
      response: responses({ 200: ok(anyComponent, 'The component.') }),
    },
    async handler({ params: { component } }, reply) {
      if (debug.components.includes(component)) return reply.send(await debug.read(component))
      const known = debug.components.join(', ')
      throw new RequestError('NOT_FOUND', `There is no component '${component}'; there are: ${known}`)
    },
  })
}

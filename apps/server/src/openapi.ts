import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { SECURITY_SCHEMES, withSecurity } from './access/openapi-security.ts'
import { problemSchema } from './schemas/responses.ts'
import { VERSION } from './version.ts'

const TAGS = [
  { name: 'state', description: 'Values, one at a time.' },
  { name: 'batch', description: 'Many keys in one call.' },
  { name: 'events', description: 'Changes as they happen.' },
  { name: 'backends', description: 'Where the state is kept.' },
  { name: 'store', description: 'The active store, for states that keep their entries here.' },
  { name: 'server', description: 'The process itself.' },
]

/** Collects the schemas of all routes that are registered after this call. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  app.addSchema(problemSchema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Switchyard', version: VERSION, description: 'State over interchangeable backends.' },
      servers: [{ url: '/' }],
      tags: TAGS,
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    transform: ({ schema, url, route }) => ({ schema: withSecurity(schema, route.config?.access), url }),
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject
      for (const path of Object.values(document.openapiObject.paths ?? {}))
        markOptionalBody(path?.post?.requestBody)
      return document.openapiObject
    },
    refResolver: {
      buildLocalReference: (schema, _base, _fragment, i) =>
        typeof schema['$id'] === 'string' ? schema['$id'] : `def-${i}`,
    },
  })
}

/** A body that may be null may be left out. The plugin takes every body for required. */
function markOptionalBody(body: object | undefined): void {
  const { content = {} } = (body ?? {}) as {
    readonly content?: Readonly<Record<string, { readonly schema?: object }>>
  }
  const { type } = (content['application/json']?.schema ?? {}) as { readonly type?: unknown }
  if (Array.isArray(type) && type.includes('null')) Object.assign(body as object, { required: false })
}

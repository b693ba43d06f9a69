import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from './request-error.ts'

interface KnownPath {
  readonly pattern: RegExp
  readonly methods: Set<string>
}

/**
 * Remembers the routes that are registered after this call, and answers the others: 405 with the methods that
 * the path has, or 404.
 */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  const paths = new Map<string, KnownPath>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() }
    for (const name of [method].flat()) known.methods.add(name)
    paths.set(url, known)
  })
  app.setNotFoundHandler((request: FastifyRequest, _reply: FastifyReply) => {
    const [path = ''] = request.url.split('?', 1)
    const methods = [...paths.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((known) => [...known.methods])
    if (methods.length === 0)
      throw new RequestError('ROUTE_NOT_FOUND', `There is no route for ${request.method} here`)
    const allow = methods.toSorted().join(', ')
    const detail = `${request.method} is not one of the methods of this path: ${allow}`
    throw new RequestError('METHOD_NOT_ALLOWED', detail, { headers: { allow } })
  })
}

/** '/v1/state/:key' matches any one segment in the place of ':key'. */
function patternOf(url: string): RegExp {
  const literal = url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll(/:\w+/g, '[^/]+')}$`)
}

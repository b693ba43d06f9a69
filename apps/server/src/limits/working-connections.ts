import type { FastifyInstance, onSendHookHandler, preHandlerHookHandler } from 'fastify'

/**
 * Keeps connections on which nothing moves, as their request is being worked on. For the routes of administrators, which may
 * take long, that are registered after this call; the work of others ends long before a connection is cut.
 */
export function keepWorkingConnections(app: FastifyInstance): void {
  const keep: preHandlerHookHandler = ({ raw }, _reply, done) => {
    raw.socket.setTimeout(0)
    done()
  }
  const release: onSendHookHandler = ({ raw }, _reply, payload, done) => {
    raw.socket.setTimeout(app.server.timeout)
    done(null, payload)
  }
  app.addHook('onRoute', (route) => {
    const access = route.config?.access
    if (access === undefined || !('scope' in access) || access.scope !== 'admin') return
    route.preHandler = [keep, route.preHandler ?? []].flat()
    route.onSend = [release, route.onSend ?? []].flat()
  })
}

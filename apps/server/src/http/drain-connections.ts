import type { FastifyInstance } from 'fastify'

const INTERVAL_MS = 25

/** While the server closes, ends each connection once its last request is answered. Node does so only at the start. */
export function drainConnections(app: FastifyInstance): void {
  let interval: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    interval = setInterval(() => app.server.closeIdleConnections(), INTERVAL_MS)
  })
  app.addHook('onClose', async () => clearInterval(interval))
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Audit, Touched } from './audit.ts'

/** Records what every route that is registered after this call is allowed to read and write, before it does. */
export function auditData(app: FastifyInstance, audit: Audit): void {
  async function record(request: FastifyRequest): Promise<void> {
    const touched = touchedBy(request)
    if (touched === undefined) return
    const { operationId } = request.routeOptions.schema as { readonly operationId: string }
    await audit.data(request, operationId, touched)
  }

  app.addHook('onRoute', (route) => {
    route.preHandler = [route.preHandler ?? [], record].flat()
  })
}

/** Undefined if it is not about keys. */
function touchedBy(request: FastifyRequest): Touched | undefined {
  const { access } = request.routeOptions.config
  if (access === undefined || !('scope' in access)) return undefined
  const { key } = (request.params ?? {}) as { readonly key?: string }
  if (key !== undefined) return { keys: [key] }
  if (typeof access.keys === 'function') return { keys: access.keys(request) }
  if (access.keys === undefined) return undefined
  const { prefix = '' } = { ...(request.body as object | null), ...(request.query as object) } as Touched
  return { prefix }
}

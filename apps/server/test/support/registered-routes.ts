import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { FastifyInstance, RouteOptions } from 'fastify'

/** What the work registers, on every server that it makes. */
export async function registeredRoutes(work: () => Promise<unknown>): Promise<readonly RouteOptions[]> {
  const routes: RouteOptions[] = []
  const listen = (message: unknown): void => {
    const { fastify } = message as { readonly fastify: FastifyInstance }
    fastify.addHook('onRoute', (route) => void routes.push(route))
  }
  subscribe('fastify.initialization', listen)
  try {
    await work()
  } finally {
    unsubscribe('fastify.initialization', listen)
  }
  return routes
}

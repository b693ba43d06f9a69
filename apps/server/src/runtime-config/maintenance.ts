import type { FastifyInstance, preParsingHookHandler } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import type { RuntimeConfig } from './runtime-config.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that changes values though its scope is not `write`. */
    writes?: true
  }
}

/** While there is maintenance, refuses what changes values, for all routes that are registered after this call. */
export function refuseWritesInMaintenance(app: FastifyInstance, runtimeConfig: RuntimeConfig): void {
  const refuse: preParsingHookHandler = (_request, _reply, _payload, done) => {
    const { enabled, retryAfter } = runtimeConfig.current.settings.maintenance
    if (!enabled) return done()
    const detail = `There is maintenance, and nothing can be written; try again in ${retryAfter} seconds`
    done(new RequestError('MAINTENANCE', detail, { headers: { 'retry-after': String(retryAfter) } }))
  }

  app.addHook('onRoute', (route) => {
    const { access, writes } = route.config ?? {}
    const isWrite = writes === true || (access !== undefined && 'scope' in access && access.scope === 'write')
    // After every `onRequest`, so that who may not write at all learns that; before the body is read.
    if (isWrite) route.preParsing = [refuse, route.preParsing ?? []].flat()
  })
}

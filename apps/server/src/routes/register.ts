import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access/access.ts'
import type { Audit } from '../audit/audit.ts'
import { auditRoute } from '../audit/audit-route.ts'
import type { Backups } from '../backups/backups.ts'
import { readConsole } from '../console/console-files.ts'
import { consoleRoutes } from '../console/console-routes.ts'
import { parseJson } from '../content/json-text.ts'
import type { EventStreams } from '../events/event-streams.ts'
import type { WebSockets } from '../events/websockets.ts'
import { compressAnswers } from '../http/compress.ts'
import { refuseCrossOrigin } from '../http/cross-origin.ts'
import type { Observability } from '../observability/observability.ts'
import { observabilityRoutes } from '../observability/routes.ts'
import { configRoutes } from '../runtime-config/routes.ts'
import type { RuntimeConfig } from '../runtime-config/runtime-config.ts'
import type { Switches } from '../switches/switches.ts'
import { backendRoutes } from './backends.ts'
import { backupRoutes } from './backups.ts'
import { batchRoutes } from './batch.ts'
import { documentRoutes } from './documents.ts'
import { eventRoutes } from './events.ts'
import { healthRoutes } from './health.ts'
import { incrementRoute } from './increment.ts'
import { listRoute } from './list.ts'
import { maintenanceRoutes } from './maintenance.ts'
import { patchValueRoute } from './patch-value.ts'
import { readValueRoutes } from './read-value.ts'
import { storeRoutes } from './store.ts'
import { switchRoutes } from './switches.ts'
import { transactionRoute } from './transactions.ts'
import { writeValueRoutes } from './write-value.ts'

/** What the routes are about. */
export interface Services {
  readonly access: Access
  readonly audit: Audit
  readonly state: State
  readonly streams: EventStreams
  readonly webSockets: WebSockets
  readonly switches: Switches
  readonly runtimeConfig: RuntimeConfig
  readonly backups: Backups
  readonly observability: Observability
}

export async function registerRoutes(
  app: FastifyInstance,
  { access, audit, state, streams, webSockets, switches, runtimeConfig, backups, observability }: Services,
): Promise<void> {
  app.removeAllContentTypeParsers()

  /** Bodies are values: bytes, whatever their type. */
  await app.register((values, _options, done) => {
    values.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    readValueRoutes(values, state)
    writeValueRoutes(values, state)
    patchValueRoute(values, state)
    done()
  })

  // From here on: values are sent as they are kept, with the strong ETag of those bytes.
  await compressAnswers(app)

  /** Bodies are JSON documents. */
  await app.register((documents, _options, done) => {
    documents.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (_request: unknown, body: Buffer) => parseJson(body),
    )
    documents.addHook('onRequest', refuseCrossOrigin)
    incrementRoute(documents, state)
    batchRoutes(documents, state)
    transactionRoute(documents, state)
    maintenanceRoutes(documents, state, audit)
    switchRoutes(documents, state, switches, audit)
    backupRoutes(documents, backups, audit)
    storeRoutes(documents, state, audit)
    access.routes(documents)
    configRoutes(documents, runtimeConfig, audit)
    done()
  })

  listRoute(app, state)
  eventRoutes(app, state, streams, webSockets)
  backendRoutes(app, state)
  auditRoute(app, audit)
  healthRoutes(app, state)
  observabilityRoutes(app, observability)
  documentRoutes(app, consoleRoutes(app, readConsole()))
}

import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { Backups } from '../backups/backups.ts'
import { parseJson } from '../content/json-text.ts'
import type { EventStreams } from '../events/event-streams.ts'
import { refuseCrossOrigin } from '../http/cross-origin.ts'
import type { Switches } from '../switches/switches.ts'
import { backendRoutes } from './backends.ts'
import { backupRoutes } from './backups.ts'
import { batchRoutes } from './batch.ts'
import { documentRoutes } from './documents.ts'
import { eventsRoute } from './events.ts'
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
  readonly state: State
  readonly streams: EventStreams
  readonly switches: Switches
  readonly backups: Backups
}

export async function registerRoutes(
  app: FastifyInstance,
  { state, streams, switches, backups }: Services,
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
    maintenanceRoutes(documents, state)
    switchRoutes(documents, state, switches)
    backupRoutes(documents, backups)
    storeRoutes(documents, state)
    done()
  })

  listRoute(app, state)
  eventsRoute(app, state, streams)
  backendRoutes(app, state)
  healthRoutes(app, state)
  documentRoutes(app)
}

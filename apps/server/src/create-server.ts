import { join } from 'node:path'
import { createState, fileJournal, parseTtl, type State, type SwitchRecord } from '@switchyard/core'
import { lockDirectory } from '@switchyard/file'
import { type FastifyInstance, fastify, LogController } from 'fastify'
import { createBackups } from './backups/backups.ts'
import type { ServerConfig, ServerSettings } from './config/settings.ts'
import { contentCodec } from './content/content-codec.ts'
import { createChangeLog } from './events/change-log.ts'
import { createEventStreams } from './events/event-streams.ts'
import { drainConnections } from './http/drain-connections.ts'
import { requireHost } from './http/host.ts'
import { parseQuery } from './http/query-string.ts'
import { compileValidator } from './http/validation.ts'
import { describeRoutes } from './openapi.ts'
import { answerClientError, answerOutsideRoutes } from './problems/answer-client-error.ts'
import { answerError } from './problems/send-problem.ts'
import { refuseUnknownRoutes } from './problems/unknown-route.ts'
import { registerRoutes } from './routes/register.ts'
import { createSwitches, interruptedSwitch } from './switches/switches.ts'

/** A server that does not listen yet. */
export interface SwitchyardServer {
  readonly app: FastifyInstance
  readonly state: State
  /** Resolves to the URL. */
  listen(): Promise<string>
  /** Answers what is in flight, ends the event streams, then closes the state. Idempotent. */
  close(): Promise<void>
}

/** Longer than the longest path that fits into the headers, so that a long key is told that it is a key. */
const MAX_PARAM_LENGTH = 65_536

/** A connection on which nothing moves for so long is cut, also in the middle of an answer. */
const IDLE_CONNECTION_MS = 120_000

/** @throws StateError if the active backend cannot be opened. */
export async function createServer(config: ServerConfig): Promise<SwitchyardServer> {
  const { server, state: stateSettings } = config
  const app = createApp(server)
  // Two servers must not each think that they know which backend serves.
  const lock = await lockDirectory(config.dataDir, 'server.lock')
  const { state, before } = await openState(config, app).catch((error: unknown) => {
    lock.release()
    throw error
  })
  try {
    const run = Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('base64url')
    const log = createChangeLog(run, server.eventHistory)
    const { maxEventStreams: maxStreams } = server
    const streams = createEventStreams({ log, heartbeatMs: parseTtl(server.heartbeatInterval), maxStreams })
    state.on('change', (change) => {
      log.append(change)
      streams.publish()
    })
    drainConnections(app)
    app.addHook('preClose', async () => streams.close())
    app.addHook('onClose', async () => {
      await state.close()
      lock.release()
    })
    refuseUnknownRoutes(app)
    await describeRoutes(app)
    const switches = createSwitches(state, before)
    const backups = createBackups(state, join(config.dataDir, 'backups'), config.backupKey)
    await registerRoutes(app, { state, streams, switches, backups })
    await app.ready()
  } catch (error) {
    await state.close()
    lock.release()
    throw error
  }
  const interrupted = interruptedSwitch(before)
  if (interrupted !== undefined) app.log.warn(interrupted)
  const { host, port } = server
  const { active } = state.backends
  if (active !== stateSettings.active) {
    app.log.warn(
      `'${active}' serves, as the server was switched to it, not '${stateSettings.active}' of the configuration`,
    )
  }
  const listenTextResolver = (address: string): string =>
    `Switchyard at ${address}, backend '${active}' (${stateSettings.backends[active]?.plugin.name}), data in ${config.dataDir}`
  return {
    app,
    state,
    listen: () => app.listen({ host, port, listenTextResolver }),
    close: () => app.close(),
  }
}

/** The state, and what its journal said of the run before. */
async function openState(
  { state, dataDir }: ServerConfig,
  app: FastifyInstance,
): Promise<{ readonly state: State; readonly before: SwitchRecord | undefined }> {
  const journal = fileJournal(join(dataDir, 'switch.json'))
  const before = await journal.read()
  const opened = await createState({
    ...state,
    journal,
    codec: contentCodec,
    logger: { warn: (message, detail) => app.log.warn({ detail }, message) },
  })
  return { state: opened, before }
}

function createApp(settings: ServerSettings): FastifyInstance {
  const requestTimeout = parseTtl(settings.requestTimeout)
  const app: FastifyInstance = fastify({
    logger: { level: settings.logLevel },
    logController: new LogController({ disableRequestLogging: true }),
    // Without a child logger for every request.
    childLoggerFactory: (logger) => logger,
    bodyLimit: settings.bodyLimit,
    requestTimeout,
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: parseTtl(settings.keepAliveTimeout),
    http: {
      requireHostHeader: false,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.max(100, Math.min(requestTimeout / 4, 5000)),
    },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, querystringParser: parseQuery },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
  })
  answerOutsideRoutes(app.server)
  app.addHook('onRequest', requireHost)
  app.setErrorHandler(answerError)
  app.setValidatorCompiler(compileValidator)
  // Response schemas are documentation: what was made is sent as it is.
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

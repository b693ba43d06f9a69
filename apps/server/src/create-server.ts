import { join } from 'node:path'
import { createState, type OperationSample, parseTtl, type State, type StateError } from '@switchyard/core'
import { lockDirectory } from '@switchyard/file'
import { type FastifyInstance, fastify, LogController } from 'fastify'
import { createAccess } from './access/access.ts'
import { SECURITY_HEADERS } from './access/security-headers.ts'
import { DEFAULT_ACCESS } from './access/settings.ts'
import { createAudit, DEFAULT_AUDIT } from './audit/audit.ts'
import { auditData } from './audit/audit-data.ts'
import { createBackups } from './backups/backups.ts'
import type { ServerConfig, ServerSettings } from './config/settings.ts'
import { contentCodec } from './content/content-codec.ts'
import { createEventFeed } from './events/event-feed.ts'
import { createEventLog } from './events/event-log.ts'
import { createEventStreams } from './events/event-streams.ts'
import { asksForWebSocket, createWebSockets } from './events/websockets.ts'
import { drainConnections } from './http/drain-connections.ts'
import { requireHost } from './http/host.ts'
import { parseQuery } from './http/query-string.ts'
import { compileValidator } from './http/validation.ts'
import { answerOnce } from './idempotency/idempotency-keys.ts'
import { createIdempotencyRecords } from './idempotency/records.ts'
import { hideInternal } from './internal/hide-internal.ts'
import { internalState, isInternal } from './internal/internal-keys.ts'
import { limitConnections } from './limits/limit-connections.ts'
import { limitRates } from './limits/limit-rates.ts'
import { DEFAULT_LIMITS, type LimitSettings } from './limits/settings.ts'
import { keepWorkingConnections } from './limits/working-connections.ts'
import { createObservability } from './observability/observability.ts'
import { createRequestIds } from './observability/request-ids.ts'
import { createServerLog } from './observability/server-log.ts'
import { registerStateComponents } from './observability/state-components.ts'
import { describeRoutes } from './openapi.ts'
import { answerClientError, answerOutsideRoutes } from './problems/answer-client-error.ts'
import { answerError } from './problems/send-problem.ts'
import { refuseUnknownRoutes } from './problems/unknown-route.ts'
import { registerRoutes } from './routes/register.ts'
import { applyCleanupInterval, applyLogLevel } from './runtime-config/apply-settings.ts'
import { type ConfigFollower, followConfig } from './runtime-config/follow-config.ts'
import { refuseWritesInMaintenance } from './runtime-config/maintenance.ts'
import { openSettings } from './runtime-config/open-settings.ts'
import type { RuntimeConfig } from './runtime-config/runtime-config.ts'
import { type JournalNames, openJournalNames } from './switches/backend-identities.ts'
import { whenHalted } from './switches/halted.ts'
import { createSwitches, interruptedSwitch } from './switches/switches.ts'

/** A server that does not listen yet. */
export interface SwitchyardServer {
  readonly app: FastifyInstance
  readonly state: State
  /** The settings that can be changed while it runs. */
  readonly runtimeConfig: RuntimeConfig
  /** Resolves with the reason if it serves nothing any more, until another process does. */
  readonly halted: Promise<StateError>
  /** Resolves to the URL. */
  listen(): Promise<string>
  /** Answers what is in flight, ends the event streams, then closes the state. Idempotent. */
  close(): Promise<void>
}

/** Keeps another process from using the same data folder. */
const LOCK = 'server.lock'

/** Longer than the longest path that fits into the headers, so that a long key is told that it is a key. */
const MAX_PARAM_LENGTH = 65_536

/** A connection on which nothing moves for so long is cut, also in the middle of an answer. */
const IDLE_CONNECTION_MS = 120_000

/**
 * @throws StateError if the active backend cannot be opened.
 * @throws ConfigError if there are no tokens, and the address is not a loopback one.
 */
export async function createServer(config: ServerConfig): Promise<SwitchyardServer> {
  const { server, state: stateSettings, dataDir } = config
  const { access: accessSettings = DEFAULT_ACCESS, audit: auditSettings = DEFAULT_AUDIT } = config
  const { limits = DEFAULT_LIMITS } = config
  const app = createApp(server, limits)
  const audit = createAudit({ settings: auditSettings, dataDir, log: app.log })
  const access = createAccess({ settings: accessSettings, host: server.host, audit, log: app.log })
  const observability = createObservability(app, parseTtl(server.slowRequest))
  app.addHook('onRequest', requireHost)
  // Two servers must not each think that they know which backend serves.
  const lock = await lockDirectory(config.dataDir, LOCK)
  const { state, names, runtimeConfig } = await openState(config, app, observability.onOperation).catch(
    (error: unknown) => {
      lock.release()
      throw error
    },
  )
  const { journal, before } = names
  const halted = whenHalted(state)
  let follower: ConfigFollower | undefined
  try {
    const run = Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('base64url')
    const log = createEventLog(run, server.eventHistory)
    const { maxEventStreams: maxStreams } = server
    const streams = createEventStreams({
      log,
      heartbeatMs: parseTtl(server.heartbeatInterval),
      maxStreams,
      maxStreamsOfClient: limits.maxEventStreamsPerToken,
    })
    drainConnections(app)
    app.addHook('preClose', async () => follower?.close())
    app.addHook('preClose', async () => streams.close())
    app.addHook('onClose', async () => {
      await state.close()
      lock.release()
    })
    access.control(app)
    const own = internalState(state)
    limitRates(app, limits, own, () => runtimeConfig.current.settings.rateLimitMultiplier)
    if (auditSettings.data) auditData(app, audit)
    answerOnce(app, createIdempotencyRecords(own, run, server.idempotencyWindow))
    refuseWritesInMaintenance(app, runtimeConfig)
    keepWorkingConnections(app)
    refuseUnknownRoutes(app)
    await describeRoutes(app)
    const switches = createSwitches(state, before)
    const phases = observability.watch(state)
    registerStateComponents(observability.debug, {
      state,
      journal,
      switches,
      phases,
      config,
      current: () => follower?.current ?? config,
      lockFile: LOCK,
    })
    const feed = createEventFeed(state, switches, log, streams, ({ key }) => !isInternal(key))
    runtimeConfig.watch(({ version }) => feed.announce('config', { version }))
    const backups = createBackups(state, join(config.dataDir, 'backups'), config.backupKey)
    await registerRoutes(app, {
      access,
      audit,
      state: hideInternal(state),
      streams,
      webSockets: createWebSockets(app),
      switches,
      runtimeConfig,
      backups,
      observability,
    })
    observability.debug.register('config', () => ({ runtime: runtimeConfig.current, ...follower?.status }))
    await app.ready()
  } catch (error) {
    await state.close()
    lock.release()
    throw error
  }
  const { origin } = config
  if (origin !== undefined) {
    follower = followConfig({
      config: { ...config, origin },
      state,
      runtimeConfig,
      access,
      audit,
      journal,
      names,
      log: app.log,
    })
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
    runtimeConfig,
    halted,
    listen: () => app.listen({ host, port, listenTextResolver }),
    close: () => app.close(),
  }
}

interface Opened {
  readonly state: State
  readonly names: JournalNames
  readonly runtimeConfig: RuntimeConfig
}

async function openState(
  config: ServerConfig,
  app: FastifyInstance,
  onOperation: (sample: OperationSample) => void,
): Promise<Opened> {
  const runtimeConfig = await openSettings(config, (error) =>
    app.log.error({ err: error }, 'A change of the settings was not followed everywhere'),
  )
  const { logLevel, cleanupInterval } = runtimeConfig.current.settings
  app.log.level = logLevel
  runtimeConfig.onApply(applyLogLevel(app.log))
  const names = await openJournalNames({ config, onForgotten: (message) => app.log.warn(message) })
  const opened = await createState({
    ...config.state,
    cleanupInterval,
    journal: names.journal,
    codec: contentCodec,
    onOperation,
    logger: { warn: (message, detail) => app.log.warn({ detail }, message) },
  })
  runtimeConfig.onApply(applyCleanupInterval(opened))
  await names.serves(opened.backends.active).catch(async (error: unknown) => {
    await opened.close()
    throw error
  })
  return { state: opened, names, runtimeConfig }
}

function createApp(settings: ServerSettings, limits: LimitSettings): FastifyInstance {
  const requestTimeout = parseTtl(settings.requestTimeout)
  const log = createServerLog(settings.logLevel)
  const app: FastifyInstance = fastify({
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestIds(),
    // Without a child logger for every request: who logs names the request's id.
    childLoggerFactory: () => log,
    bodyLimit: settings.bodyLimit,
    requestTimeout,
    connectionTimeout: IDLE_CONNECTION_MS,
    keepAliveTimeout: parseTtl(settings.keepAliveTimeout),
    http: {
      requireHostHeader: false,
      shouldUpgradeCallback: asksForWebSocket,
      // Both at once: Node refuses one for the headers that is longer than that for all of the request.
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.max(100, Math.min(requestTimeout / 4, 5000)),
    },
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, querystringParser: parseQuery },
    clientErrorHandler: answerClientError,
    trustProxy: settings.trustedProxies.length > 0 && [...settings.trustedProxies],
    frameworkErrors: (error, request, reply) => answerError(error, request, reply.headers(SECURITY_HEADERS)),
  })
  // Where it listens, Fastify says itself.
  app.log = log
  answerOutsideRoutes(app.server)
  limitConnections(app.server, limits)
  app.setErrorHandler(answerError)
  app.setValidatorCompiler(compileValidator)
  // Response schemas are documentation: what was made is sent as it is.
  app.setSerializerCompiler(() => JSON.stringify)
  return app
}

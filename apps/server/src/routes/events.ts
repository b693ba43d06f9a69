import type { State } from '@switchyard/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { allowedPrefixes, isUnrestricted } from '../access/key-rules.ts'
import type { Audience } from '../events/event-log.ts'
import type { EventStreams } from '../events/event-streams.ts'
import { createSseReader } from '../events/sse-reader.ts'
import { createWebSocketReader } from '../events/websocket-reader.ts'
import type { WebSockets } from '../events/websockets.ts'
import { type JsonSchema, record } from '../schemas/json-schema.ts'
import { empty, responses } from '../schemas/responses.ts'

interface EventsRoute {
  readonly Querystring: { readonly prefix?: string; readonly lastEventId?: string }
}

const EVENTS = `- \`change\`: \`{"type","key","version","expiresAt"}\`; the type is \`set\`, \`delete\` or \`expire\`. Read the key for its value.
- \`switch\`: where a switch stands, as \`GET /v1/switch\` tells it; \`config\`: \`{"version"}\`. For tokens of the scope \`admin\`.
- \`reset\`: changes may have been missed: the id is of another run of the server, or too old, or the backend was out of
  reach. Read what you need; what follows is new.
- \`lagged\`: this reader was too slow, and the stream ends.`

const prefix: JsonSchema = { type: 'string', description: 'Literal, never a pattern.' }
const lastEventId: JsonSchema = { type: 'string', description: 'Go on after this event.' }
const access = { scope: 'watch', keys: 'checked' } as const

/** GET /v1/events and /v1/events/ws: the same events, as server-sent events and over a WebSocket. */
export function eventRoutes(
  app: FastifyInstance,
  state: State,
  streams: EventStreams,
  webSockets: WebSockets,
): void {
  app.get<EventsRoute>('/v1/events', {
    exposeHeadRoute: false,
    config: { access, isStream: true },
    schema: {
      operationId: 'events',
      summary: 'Watch changes',
      description: `Server-sent events, from now on, or from \`Last-Event-ID\` on.\n\n${EVENTS}`,
      tags: ['events'],
      querystring: record({ prefix }, []),
      headers: { type: 'object', properties: { 'Last-Event-ID': lastEventId } },
      response: responses({
        200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      }),
    },
    async handler(request, reply) {
      const audience = await audienceOf(state, request, request.query.prefix)
      const last = request.headers['last-event-id']
      streams.open(clientOf(request), audience, Array.isArray(last) ? last[0] : last, (events) => {
        reply.hijack()
        return createSseReader(reply.raw, events)
      })
      return reply
    },
  })

  app.get<EventsRoute>('/v1/events/ws', {
    exposeHeadRoute: false,
    config: { access, isStream: true },
    schema: {
      operationId: 'eventsWebSocket',
      summary: 'Watch changes over a WebSocket',
      description: `Messages \`{"id","event","data"}\`, from now on, or from \`lastEventId\` on; \`open\` first, and \`heartbeat\` now and then, with the newest id. The stream takes no messages.\n\n${EVENTS}`,
      tags: ['events'],
      querystring: record({ prefix, lastEventId }, []),
      response: responses({ 101: empty('The WebSocket is open.') }),
    },
    async handler(request, reply) {
      const audience = await audienceOf(state, request, request.query.prefix)
      const client = clientOf(request)
      streams.refuseIfFull(client)
      return webSockets.accept(request, reply, (socket) =>
        streams.open(client, audience, request.query.lastEventId, (events) =>
          createWebSocketReader(socket, events),
        ),
      )
    },
  })
}

/** Tokens of one name are one client. Without tokens there are no clients to tell apart. */
function clientOf({ identity, principal }: FastifyRequest): string | undefined {
  return identity === undefined ? undefined : principal.name
}

async function audienceOf(state: State, request: FastifyRequest, prefix = ''): Promise<Audience> {
  // Refuses what cannot be a prefix.
  await state.watch(prefix).return()
  const { principal } = request
  return {
    prefixes: allowedPrefixes(request, prefix),
    isAdmin: principal.scopes.has('admin') && isUnrestricted(principal),
  }
}

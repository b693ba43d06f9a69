import type { State } from '@switchyard/core'
import type { FastifyInstance } from 'fastify'
import type { EventStreams } from '../events/event-streams.ts'
import { record } from '../schemas/json-schema.ts'
import { responses } from '../schemas/responses.ts'

interface EventsRoute {
  readonly Querystring: { readonly prefix?: string }
}

const description = `Server-sent events, from now on, or from \`Last-Event-ID\` on.

- \`change\`: \`{"type","key","version","expiresAt"}\`; the type is \`set\`, \`delete\` or \`expire\`. Read the key for its value.
- \`reset\`: the id is of another run of the server, or too old. Read what you need; what follows is new.
- \`lagged\`: this reader was too slow, and the stream ends.`

/** GET /v1/events */
export function eventsRoute(app: FastifyInstance, state: State, streams: EventStreams): void {
  app.get<EventsRoute>('/v1/events', {
    exposeHeadRoute: false,
    schema: {
      operationId: 'events',
      summary: 'Watch changes',
      description,
      tags: ['events'],
      querystring: record({ prefix: { type: 'string', description: 'Literal, never a pattern.' } }, []),
      headers: {
        type: 'object',
        properties: { 'Last-Event-ID': { type: 'string', description: 'Go on after this event.' } },
      },
      response: responses({
        200: { description: 'The stream.', content: { 'text/event-stream': { schema: { type: 'string' } } } },
      }),
    },
    async handler(request, reply) {
      const { prefix = '' } = request.query
      // Refuses what cannot be a prefix.
      await state.watch(prefix).return()
      const lastEventId = request.headers['last-event-id']
      streams.open(reply.raw, prefix, Array.isArray(lastEventId) ? lastEventId[0] : lastEventId)
      return reply.hijack()
    },
  })
}

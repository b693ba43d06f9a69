import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { REQUEST_ID_HEADER } from './request-ids.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answers go on for as long as the client wants, so that their time says nothing. Default false. */
    readonly isStream?: boolean
  }
}

/** An answer that has been sent, or given up. */
export interface RequestSample {
  readonly method: string
  /** The pattern of the route, or 'unknown'. */
  readonly route: string
  /** 499 if the client left before the answer was sent. */
  readonly status: number
  readonly durationMs: number
}

export interface RequestCounts {
  readonly inFlight: number
  readonly streams: number
}

/** What a client that does not wait for the answer is counted as, as other servers do. */
const CLIENT_CLOSED = 499

/** Counts and times every request that a route is looked for; answers carry its id. */
export function observeRequests(
  app: FastifyInstance,
  onAnswered: (sample: RequestSample, request: FastifyRequest) => void,
): RequestCounts {
  let inFlight = 0
  let streams = 0

  function answered(request: FastifyRequest, { raw }: FastifyReply, route: string, startedAt: number): void {
    const status = raw.writableFinished ? raw.statusCode : CLIENT_CLOSED
    const durationMs = performance.now() - startedAt
    onAnswered({ method: request.method, route, status, durationMs }, request)
  }

  function followStream(request: FastifyRequest, reply: FastifyReply, route: string): void {
    const startedAt = performance.now()
    const { raw } = reply
    const { socket } = request.raw
    let isOpen = true
    streams++
    const onClose = (): void => {
      // The connection closes its answer as well.
      if (!isOpen) return
      isOpen = false
      raw.off('close', onClose)
      socket.off('close', onClose)
      streams--
      // It was refused, and is an answer like any other.
      if (raw.statusCode >= 400) answered(request, reply, route, startedAt)
    }
    raw.on('close', onClose)
    // A WebSocket leaves the answer behind.
    socket.on('close', onClose)
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = reply
    const { config, url: route = 'unknown' } = request.routeOptions
    if (config.isStream === true) {
      // Streams are written past Fastify.
      raw.setHeader(REQUEST_ID_HEADER, request.id)
      followStream(request, reply, route)
    } else {
      reply.header(REQUEST_ID_HEADER, request.id)
      inFlight++
      const startedAt = performance.now()
      // It comes after every answer, also one that the client did not wait for.
      raw.on('close', () => {
        inFlight--
        answered(request, reply, route, startedAt)
      })
    }
    done()
  })
  return {
    get inFlight() {
      return inFlight
    },
    get streams() {
      return streams
    },
  }
}

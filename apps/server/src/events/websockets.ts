import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type WebSocket, WebSocketServer } from 'ws'
import { answerAndEnd } from '../problems/answer-client-error.ts'
import { createProblem } from '../problems/problem.ts'
import { RequestError } from '../problems/request-error.ts'

/** Bytes of a message; what we send is not for answering. */
const MAX_MESSAGE_BYTES = 1024

interface Upgrade {
  readonly socket: Socket
  readonly head: Buffer
}

/** Makes WebSockets of requests. */
export interface WebSockets {
  /**
   * Takes the request over.
   *
   * @throws RequestError `UPGRADE_REQUIRED` for a request that asks for no WebSocket, `CROSS_ORIGIN` for a page of another
   *   origin, which a browser would let read what is sent
   */
  accept(request: FastifyRequest, reply: FastifyReply, opened: (socket: WebSocket) => void): FastifyReply
}

/** For Node's HTTP server: what asks for something else, such as HTTP/2, is answered as if it had not. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket'
}

/** Upgrades go through the routes like all requests, so that the same is asked of them. */
export function createWebSockets(app: FastifyInstance): WebSockets {
  const upgrades = new WeakMap<IncomingMessage, Upgrade>()
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload: MAX_MESSAGE_BYTES })
  server.on('wsClientError', ({ message }, socket) => {
    answerAndEnd(socket as Socket, createProblem('BAD_REQUEST', message))
  })

  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    // Node before 24.9 does not ask what to do with other upgrades, and does not read their bodies.
    if (!asksForWebSocket(request)) {
      answerAndEnd(
        socket,
        createProblem('BAD_REQUEST', `There is no upgrade to ${request.headers.upgrade} here`),
      )
      return
    }
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => socket.end())
    upgrades.set(request, { socket, head })
    app.routing(request, response)
  })

  return {
    accept(request, reply, opened) {
      const { headers, raw } = request
      const upgrade = upgrades.get(raw)
      if (upgrade === undefined) {
        const detail = 'This is a WebSocket; /v1/events has the same as server-sent events'
        throw new RequestError('UPGRADE_REQUIRED', detail, { headers: { upgrade: 'websocket' } })
      }
      if (headers.origin !== undefined && hostOf(headers.origin) !== request.host) {
        throw new RequestError('CROSS_ORIGIN', 'Pages of other origins must not read this')
      }
      reply.hijack()
      reply.raw.detachSocket(upgrade.socket)
      server.handleUpgrade(raw, upgrade.socket, upgrade.head, opened)
      return reply
    },
  }
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

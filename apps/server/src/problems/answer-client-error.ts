import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { SECURITY_HEADERS } from '../access/security-headers.ts'
import { createProblem, PROBLEM_MEDIA_TYPE, type Problem } from './problem.ts'

/** The client has this long to read the answer before the connection is cut. */
const LINGER_MS = 2000

const answered = new WeakSet<Socket>()

/** A Node HTTP connection knows which response it is sending. */
interface HttpSocket extends Socket {
  readonly _httpMessage?: { readonly headersSent: boolean } | null
}

/** Answers what Node's HTTP parser refuses, which never becomes a request, and ends the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: HttpSocket): void {
  // More of what was sent along with the first mistake.
  if (answered.has(socket)) return
  if (!socket.writable || error.code === 'ECONNRESET' || socket._httpMessage?.headersSent === true) {
    socket.destroy()
    return
  }
  answerAndEnd(socket, problemOfParser(error.code))
}

/** Answers what Node would answer without a word: requests that never reach a route. */
export function answerOutsideRoutes(server: Server): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    answerAndEnd(socket, createProblem('METHOD_NOT_ALLOWED', 'This is no proxy'), { allow: 'GET, HEAD' })
  })
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const problem = createProblem('EXPECTATION_FAILED', `Expect: ${request.headers.expect} is not supported`)
    const body = Buffer.from(JSON.stringify(problem))
    const headers = {
      ...SECURITY_HEADERS,
      'content-type': PROBLEM_MEDIA_TYPE,
      'content-length': body.length,
      connection: 'close',
    }
    response.writeHead(problem.status, headers).end(body)
  })
}

/** Answers on the connection itself, and ends it. */
export function answerAndEnd(
  socket: Socket,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  answered.add(socket)
  // Closing at once would reset the connection while the client still sends, and it would lose the answer.
  const cut = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(cut))
  socket.end(rawResponse(problem, headers))
}

function problemOfParser(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return createProblem('HEADERS_TOO_LARGE', 'The request line and the headers exceed the limit')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return createProblem('REQUEST_TIMEOUT', 'The request did not arrive in time')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return createProblem('PAYLOAD_TOO_LARGE', 'The extensions of a chunk are too large')
    default:
      return createProblem('BAD_REQUEST', `This is not HTTP${code === undefined ? '' : ` (${code})`}`)
  }
}

function rawResponse(problem: Problem, headers: Readonly<Record<string, string>>): string {
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...Object.entries({ ...SECURITY_HEADERS, ...headers }).map(([name, value]) => `${name}: ${value}`),
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'

/** HTTP/1.1 asks for it. Node would refuse the request as well, but without a problem document. */
export function requireHost(
  { raw }: FastifyRequest,
  _reply: FastifyReply,
  done: (error?: Error) => void,
): void {
  if (raw.headers.host !== undefined || raw.httpVersion === '1.0') done()
  else done(new RequestError('BAD_REQUEST', 'The Host header is missing'))
}

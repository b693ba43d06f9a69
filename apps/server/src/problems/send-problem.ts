import type { FastifyReply, FastifyRequest } from 'fastify'
import { PROBLEM_MEDIA_TYPE, type Problem, problemOf } from './problem.ts'
import { RequestError } from './request-error.ts'

const RETRY_AFTER_SECONDS = '1'

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.status === 503) reply.header('retry-after', RETRY_AFTER_SECONDS)
  return reply
    .code(problem.status)
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(problem)))
}

/** Fastify's error handler. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { headers } = request
  const problem = problemOf(
    error,
    headers['if-match'] !== undefined || headers['if-none-match'] !== undefined,
  )
  if (problem.status === 500) {
    request.log.error({ err: error, method: request.method, url: request.url }, problem.detail)
  }
  if (error instanceof RequestError) reply.headers(error.headers)
  return sendProblem(reply, problem)
}

import type { FastifyReply, FastifyRequest } from 'fastify'
import { isAdministrator } from '../access/is-administrator.ts'
import { hasPrecondition } from '../http/preconditions.ts'
import { sendText } from '../http/send-text.ts'
import { REQUEST_ID_HEADER } from '../observability/request-ids.ts'
import { isConfidential, PROBLEM_MEDIA_TYPE, type Problem, problemOf, withoutDetail } from './problem.ts'
import { RequestError } from './request-error.ts'

const RETRY_AFTER_SECONDS = '1'

/** @param problem may have more fields, which its route describes */
export function sendProblem<Told extends Problem>(reply: FastifyReply, problem: Told): FastifyReply {
  if (problem.status === 503 && !reply.hasHeader('retry-after'))
    reply.header('retry-after', RETRY_AFTER_SECONDS)
  const requestId = reply.request.id
  reply.code(problem.status).header(REQUEST_ID_HEADER, requestId)
  return sendText(reply, PROBLEM_MEDIA_TYPE, JSON.stringify({ ...problem, requestId }))
}

/** Fastify's error handler. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, hasPrecondition(request.headers))
  const isWithheld = isConfidential(error) && !isAdministrator(request.principal)
  if (problem.status === 500 || isWithheld) {
    const { id: requestId, method, url } = request
    const level = problem.status === 500 ? 'error' : 'warn'
    request.log[level]({ requestId, err: error, method, url }, problem.detail)
  }
  if (error instanceof RequestError) reply.headers(error.headers)
  return sendProblem(reply, isWithheld ? withoutDetail(problem) : problem)
}

import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { problemOf } from '../problems/problem.ts'

/**
 * Sends lines of JSON as they come, no faster than they are read. What fails before the first line is answered like any
 * other error; later the status has been sent, and a last line tells: `{"problem":{...}}`.
 */
export async function sendLines(
  reply: FastifyReply,
  lines: AsyncGenerator<string, void>,
): Promise<FastifyReply> {
  let first: IteratorResult<string, void> | undefined = await lines.next()
  let failed = false
  const iterator: AsyncIterator<string, void> = {
    async next() {
      const result = first
      first = undefined
      if (result !== undefined) return result
      if (failed) return { value: undefined, done: true }
      try {
        return await lines.next()
      } catch (error) {
        failed = true
        const problem = problemOf(error, false)
        if (problem.status === 500) reply.log.error({ err: error }, problem.detail)
        return { value: `${JSON.stringify({ problem })}\n`, done: false }
      }
    },
    return: () => lines.return(),
  }
  const stream = Readable.from({ [Symbol.asyncIterator]: () => iterator }, { objectMode: false })
  return reply.header('content-type', 'application/jsonl').send(stream)
}

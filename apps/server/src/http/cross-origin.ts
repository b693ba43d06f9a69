import type { FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'

/**
 * A browser lets any page send a POST without a body to this server. The answer stays hidden from that page, but
 * the deed would be done.
 */
export async function refuseCrossOrigin({ headers }: FastifyRequest): Promise<void> {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return
  throw new RequestError('CROSS_ORIGIN', 'Pages of other origins must not change anything here')
}

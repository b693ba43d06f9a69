import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { RequestSample } from './requests.ts'

/** Writes a line for every request at the level debug, and for the slow ones at the level warn. */
export function createRequestLog(
  log: FastifyBaseLogger,
  slowMs: number,
): (sample: RequestSample, request: FastifyRequest) => void {
  return (sample, request) => {
    const isSlow = sample.durationMs >= slowMs
    // Without a line nothing is made for one.
    if (!isSlow && log.level !== 'debug' && log.level !== 'trace') return
    const { id: requestId, url, ip: address, principal } = request
    const line = { requestId, ...sample, url, address, principal: principal?.name }
    if (isSlow) log.warn(line, 'A slow request')
    else log.debug(line, 'A request')
  }
}

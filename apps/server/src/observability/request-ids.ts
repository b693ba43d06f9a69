import type { IncomingMessage } from 'node:http'

/** The header that a request may bring its id in, and that every answer has. */
export const REQUEST_ID_HEADER = 'x-request-id'

/** What can stand in a log line and a header as it is. */
const SANE = /^[\w.:+/=-]{1,128}$/

/** Takes the id that a request brings, or makes one that no other request of any server has. */
export function createRequestIds(): (request: Pick<IncomingMessage, 'headers'>) => string {
  const run = Buffer.from(crypto.getRandomValues(new Uint8Array(9))).toString('base64url')
  let sequence = 0
  return ({ headers }) => {
    const given = headers[REQUEST_ID_HEADER]
    if (typeof given === 'string' && SANE.test(given)) return given
    sequence++
    return `${run}-${sequence.toString(36)}`
  }
}

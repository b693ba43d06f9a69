import { RequestError } from '../problems/request-error.ts'

export const JSON_MEDIA_TYPE = 'application/json'
export const BYTES_MEDIA_TYPE = 'application/octet-stream'

/** A content type is kept in one byte's worth of characters. */
const MAX_LENGTH = 255

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const QUOTED = '"(?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*"'
const MEDIA_TYPE = new RegExp(
  `^(${TOKEN}/${TOKEN})((?:[ \\t]*;[ \\t]*${TOKEN}=(?:${TOKEN}|${QUOTED}))*)[ \\t]*;?$`,
)
const CHARSET = /;[ \t]*charset=("?)([^";]*)\1/i

/**
 * The content type to keep: as given, but JSON in UTF-8, which is the only JSON, is always 'application/json'.
 *
 * @throws RequestError `UNSUPPORTED_MEDIA_TYPE` if it is none, or JSON in another charset.
 */
export function mediaTypeOf(given: string | undefined): string {
  if (given === undefined || given === '') return BYTES_MEDIA_TYPE
  const match = given.length > MAX_LENGTH ? null : MEDIA_TYPE.exec(given)
  if (match === null) {
    const detail = `A content type looks like 'image/png' and has ${MAX_LENGTH} characters at the most`
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', detail)
  }
  const [, essence = '', parameters = ''] = match
  if (essence.toLowerCase() !== JSON_MEDIA_TYPE) return given
  const charset = CHARSET.exec(parameters)?.[2]?.toLowerCase() ?? 'utf-8'
  if (charset === 'utf-8' || charset === 'utf8') return JSON_MEDIA_TYPE
  throw new RequestError('UNSUPPORTED_MEDIA_TYPE', `JSON is kept in UTF-8, not in ${charset}`)
}

import { StateError } from '@switchyard/core'

export interface ClientOptions {
  /** Of the server: `http://127.0.0.1:7373`, or a path below which a proxy has it. */
  readonly url: string
  /** Of the server, sent as `Authorization: Bearer`. A server without tokens needs none. */
  readonly token?: string | undefined
  /** Default: the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** How long a call may take, repetitions included, if it gives no time of its own. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /** How often a call is repeated that was certainly not applied, or changes nothing. Default 2. */
  readonly retries?: number | undefined
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** Options that are complete and make sense. */
export interface Settings {
  /** Without a slash at its end. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly fetch: typeof globalThis.fetch
  readonly timeoutMs: number
  readonly retries: number
}

/** @throws StateError `INVALID_OPTIONS` naming the first option that is wrong. */
export function settingsOf(options: ClientOptions): Settings {
  const { url, token, timeoutMs = 30_000, retries = 2, headers = {} } = options
  const reason = wrongUrl(url)
  if (reason !== undefined) throw invalid(`url ${reason}`)
  if (!(timeoutMs > 0)) throw invalid(`timeoutMs must be above 0, not ${timeoutMs}`)
  if (!Number.isSafeInteger(retries) || retries < 0) {
    throw invalid(`retries must be a whole number from 0 on, not ${retries}`)
  }
  const all = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` }
  try {
    new Headers(all)
  } catch (cause) {
    throw invalid('token and headers must be text that a header can carry', cause)
  }
  return {
    url: url.replace(/\/+$/, ''),
    headers: all,
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    timeoutMs,
    retries,
  }
}

/** What is wrong with the URL of a server. */
export function wrongUrl(text: unknown): string | undefined {
  let url: URL
  try {
    url = new URL(String(text))
  } catch {
    return 'must be one such as http://127.0.0.1:7373'
  }
  if (!/^https?:$/.test(url.protocol)) return 'must start with http:// or https://'
  if (url.username !== '' || url.password !== '')
    return 'must not hold a password: fetch refuses it; give headers'
  return url.search === '' && url.hash === '' ? undefined : 'must have neither a query nor a fragment'
}

function invalid(message: string, cause?: unknown): StateError {
  return new StateError('INVALID_OPTIONS', message, { cause })
}

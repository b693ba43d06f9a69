import { asApiError, isUnavailable } from './api-error.ts'
import { request, requestJson } from './request.ts'
import { type Session, session } from './session-token.ts'

/** What a server without sessions lets everybody do. */
const LOCAL: Session = { name: 'local', scopes: [], prefixes: [''], csrf: null }

/** @throws ApiError if the server cannot tell; being signed out is none. */
export async function loadSession(): Promise<void> {
  try {
    session.value = await requestJson<Session>('GET', 'v1/session')
  } catch (thrown) {
    const error = asApiError(thrown)
    if (isUnavailable(error)) session.value = LOCAL
    else if (error.status !== 401) throw error
  }
}

/** @throws ApiError */
export async function signIn(token: string): Promise<void> {
  session.value = await requestJson<Session>('POST', 'v1/session', { json: { token } })
}

/** @throws ApiError */
export async function signOut(): Promise<void> {
  await request('DELETE', 'v1/session')
  // Nothing of what was seen or written stays in the page.
  location.reload()
}

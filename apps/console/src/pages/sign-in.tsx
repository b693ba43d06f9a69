import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { type ApiError, asApiError } from '../api/api-error.ts'
import { signIn } from '../api/session.ts'
import { Field } from '../components/field.tsx'
import { Notice } from '../components/notice.tsx'

/** For servers with tokens. The token goes to the server and is not kept here; a cookie that no script can read stands for it. */
export function SignIn(): JSX.Element {
  const [token, setToken] = useState('')
  const [isBusy, setBusy] = useState(false)
  const [error, setError] = useState<ApiError>()

  async function submit(event: Event): Promise<void> {
    event.preventDefault()
    setBusy(true)
    setError(undefined)
    try {
      await signIn(token.trim())
    } catch (thrown) {
      setError(asApiError(thrown))
      setBusy(false)
    }
  }

  return (
    <main class="alone">
      <form class="panel sign-in" onSubmit={(event) => void submit(event)}>
        <h1>
          <img src="./console/switchyard.svg" alt="" width="32" height="32" /> Switchyard
        </h1>
        {error !== undefined && (
          <Notice kind="danger" title={error.status === 401 ? 'That token is not valid' : 'Not signed in'}>
            {error.message}
          </Notice>
        )}
        <Field label="Token" hint="Made with `switchyard-server token`.">
          <input
            type="password"
            autocomplete="current-password"
            required
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </Field>
        <button type="submit" class="primary" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
    </main>
  )
}

import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type ApiError, asApiError } from './api/api-error.ts'
import { loadSession } from './api/session.ts'
import { session } from './api/session-token.ts'
import { Failure, Loading } from './components/states.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { Shell } from './shell.tsx'

/** Asks who we are, and shows the console or the way into it. */
export function App(): JSX.Element {
  const [error, setError] = useState<ApiError>()
  const load = async (): Promise<void> => {
    setError(undefined)
    await loadSession().catch((thrown: unknown) => setError(asApiError(thrown)))
  }
  useEffect(() => void load(), [])
  if (session.value === null) return <SignIn />
  if (session.value !== undefined) return <Shell />
  return (
    <main class="alone">
      <h1>Switchyard</h1>
      {error === undefined ? (
        <Loading label="Connecting" />
      ) : (
        <Failure {...{ error }} what="session" retry={load} />
      )}
    </main>
  )
}

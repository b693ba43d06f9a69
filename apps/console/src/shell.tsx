import type { FunctionComponent, JSX } from 'preact'
import { asApiError } from './api/api-error.ts'
import { signOut } from './api/session.ts'
import { session } from './api/session-token.ts'
import { Badge } from './components/badge.tsx'
import { ThemeChoice } from './components/theme.tsx'
import { Toasts, toast } from './components/toasts.tsx'
import { isRunning, ServerContext, type ServerFacts, useServerFacts } from './data/server.ts'
import { AuditPage } from './pages/audit.tsx'
import { BackupsPage } from './pages/backups.tsx'
import { ConfigurationPage } from './pages/configuration/configuration-page.tsx'
import { EventsPage } from './pages/events.tsx'
import { KeysPage } from './pages/keys/keys-page.tsx'
import { NoPage } from './pages/no-page.tsx'
import { OverviewPage } from './pages/overview/overview-page.tsx'
import { SwitchPage } from './pages/switch/switch-page.tsx'
import { href, route } from './router.ts'

const PAGES: Readonly<Record<string, readonly [title: string, page: FunctionComponent]>> = {
  overview: ['Overview', OverviewPage],
  keys: ['Keys', KeysPage],
  switch: ['Switch', SwitchPage],
  events: ['Events', EventsPage],
  configuration: ['Configuration', ConfigurationPage],
  audit: ['Audit', AuditPage],
  backups: ['Backups', BackupsPage],
}

/** The frame around every page. */
export function Shell(): JSX.Element {
  const facts = useServerFacts()
  const { page: name } = route.value
  const Content = PAGES[name]?.[1] ?? NoPage
  return (
    <ServerContext.Provider value={facts}>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}>
        Skip to the content
      </button>
      <div class="shell">
        <header class="top">
          <a class="brand" href={href('overview')}>
            <img src="./console/switchyard.svg" alt="" width="26" height="26" />
            Switchyard
          </a>
          <nav aria-label="Pages">
            <ul>
              {Object.entries(PAGES).map(([page, [title]]) => (
                <li key={page}>
                  <a href={href(page)} aria-current={page === name ? 'page' : undefined}>
                    {title}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
          <div class="top-end">
            <Connection {...facts} />
            <ThemeChoice />
            <SignedIn />
          </div>
        </header>
        <main>
          <Content key={name} />
        </main>
      </div>
      <Toasts />
    </ServerContext.Provider>
  )
}

function Connection({ backends, latest }: ServerFacts): JSX.Element {
  if (backends.error?.status === 403) return <Badge>Without administration</Badge>
  if (backends.error !== undefined) return <Badge kind="danger">No connection</Badge>
  if (latest.value && isRunning(latest.value)) {
    return (
      <a class="connection" href={href('switch')}>
        <Badge kind="warning">
          Switching {latest.value.from} → {latest.value.to}
        </Badge>
      </a>
    )
  }
  return backends.value === undefined ? (
    <Badge>Connecting</Badge>
  ) : (
    <Badge kind="accent">{backends.value.active} serves</Badge>
  )
}

function SignedIn(): JSX.Element | null {
  const { name, csrf } = session.value ?? {}
  if (csrf === null || csrf === undefined) return null
  const leave = (): Promise<void> => signOut().catch((thrown: unknown) => toast(asApiError(thrown).message))
  return (
    <span class="signed-in">
      {name}
      <button type="button" class="quiet" onClick={() => void leave()}>
        Sign out
      </button>
    </span>
  )
}

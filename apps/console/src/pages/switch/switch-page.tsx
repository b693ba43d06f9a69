import { type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { requestJson } from '../../api/request.ts'
import type { SwitchStatus } from '../../api/types.ts'
import { Page } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { WhenLoaded } from '../../components/states.tsx'
import { isRunning, useServer } from '../../data/server.ts'
import { navigate, route } from '../../router.ts'
import { Traffic } from '../overview/traffic-panel.tsx'
import { Progress } from './progress.tsx'
import { Wizard } from './wizard.tsx'

/** The switch whose end is not shown any more. */
const leftId: Signal<string | undefined> = signal()

/** Moves the state to another backend, step by step, while it is served. */
export function SwitchPage(): JSX.Element {
  const { backends, latest, traffic } = useServer()
  /** Somebody came here to begin another one. */
  const isAsked = route.value.query.has('to')

  const refresh = async (): Promise<void> => {
    await Promise.all([latest.refresh(), backends.refresh()])
  }
  const started = (): Promise<void> => {
    navigate('switch')
    return refresh()
  }
  const leave = (id: string): void => {
    leftId.value = id
  }
  const act = async (id: string, action: 'abort' | 'rollback' | 'complete'): Promise<void> => {
    await requestJson<SwitchStatus>('POST', `v1/switch/${encodeURIComponent(id)}/${action}`)
    await refresh()
  }

  return (
    <Page title="Switch">
      <WhenLoaded loaded={latest} what="switches">
        {(status) =>
          status !== null && (isRunning(status) || !(isAsked || status.id === leftId.value)) ? (
            <Progress {...{ status, act }} onLeave={() => leave(status.id)} />
          ) : (
            <WhenLoaded loaded={backends} what="backends">
              {({ backends: all }) => <Wizard backends={all} onStarted={started} />}
            </WhenLoaded>
          )
        }
      </WhenLoaded>
      {traffic.value !== undefined && (
        <Panel title="Traffic meanwhile" aside={<span class="muted">up to two minutes</span>}>
          <Traffic samples={traffic.value} />
        </Panel>
      )}
    </Page>
  )
}

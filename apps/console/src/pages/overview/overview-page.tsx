import type { JSX } from 'preact'
import { Page } from '../../components/page.tsx'
import { BackendsPanel } from './backends-panel.tsx'
import { OperationsPanel } from './operations-panel.tsx'
import { StoragePanel } from './storage-panel.tsx'
import { TrafficPanel } from './traffic-panel.tsx'

export function OverviewPage(): JSX.Element {
  return (
    <Page title="Overview">
      <TrafficPanel />
      <BackendsPanel />
      <div class="columns">
        <OperationsPanel />
        <StoragePanel />
      </div>
    </Page>
  )
}

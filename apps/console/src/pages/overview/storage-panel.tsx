import type { JSX } from 'preact'
import { requestJson } from '../../api/request.ts'
import type { StorageStats } from '../../api/types.ts'
import { ActionError } from '../../components/action-error.tsx'
import { Figure } from '../../components/figure.tsx'
import { Panel } from '../../components/panel.tsx'
import { WhenLoaded } from '../../components/states.tsx'
import { toast } from '../../components/toasts.tsx'
import { useAction } from '../../data/action.ts'
import { useLoaded } from '../../data/poll.ts'
import { useServer } from '../../data/server.ts'
import { formatBytes, formatExact } from '../../text/format.ts'

const EVERY_MS = 5000
/** Compacting takes as long as it takes. */
const MANAGEMENT_MS = 600_000

/** How much the active backend holds. */
export function StoragePanel(): JSX.Element {
  const stats = useLoaded((signal) => requestJson<StorageStats>('GET', 'v1/stats', { signal }), EVERY_MS)
  const { backends } = useServer()
  const active = backends.value?.backends.find((one) => one.active)
  const action = useAction()
  const post = <T,>(path: string): Promise<T> => requestJson<T>('POST', path, { timeoutMs: MANAGEMENT_MS })

  const cleanUp = async (): Promise<void> => {
    const { removed } = await post<{ removed: number }>('v1/cleanup')
    toast(`${formatExact(removed)} expired entries removed`)
    await stats.refresh()
  }
  const compact = async (): Promise<void> => {
    const { bytesBefore, bytesAfter } = await post<{ bytesBefore: number; bytesAfter: number }>('v1/optimize')
    toast(`Compacted from ${formatBytes(bytesBefore)} to ${formatBytes(bytesAfter)}`)
    await stats.refresh()
  }

  const { isBusy, run } = action
  const actions = (
    <div class="actions">
      <button type="button" disabled={isBusy} onClick={() => void run(cleanUp)}>
        Remove expired
      </button>
      {active?.capabilities.optimize === true && (
        <button type="button" disabled={isBusy} onClick={() => void run(compact)}>
          Compact
        </button>
      )}
    </div>
  )
  return (
    <Panel title="Storage" aside={actions}>
      <ActionError error={action.error} title="Not done" />
      <WhenLoaded loaded={stats} what="figures about storage">
        {({ backend, keys, bytes, expired, detail = {} }) => (
          <>
            <dl class="figures">
              <Figure label="Keys" value={formatExact(keys)} note={`in ${backend}`} />
              <Figure label="Size" value={formatBytes(bytes)} />
              <Figure label="Expired" value={formatExact(expired)} note="to be removed" />
            </dl>
            <dl class="details">
              {Object.entries(detail).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{String(value)}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </WhenLoaded>
    </Panel>
  )
}

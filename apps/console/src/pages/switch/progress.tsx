import type { JSX } from 'preact'
import type { SwitchStatus } from '../../api/types.ts'
import { ActionError } from '../../components/action-error.tsx'
import { Figure } from '../../components/figure.tsx'
import { Notice } from '../../components/notice.tsx'
import { Panel } from '../../components/panel.tsx'
import { useAction } from '../../data/action.ts'
import { isRunning } from '../../data/server.ts'
import { formatExact, formatMs } from '../../text/format.ts'
import { Phases } from './phases.tsx'

export interface ProgressProps {
  readonly status: SwitchStatus
  readonly act: (id: string, action: 'abort' | 'rollback' | 'complete') => Promise<void>
  readonly onLeave: () => void
}

/** Where a switch stands, and what can be done about it. */
export function Progress({ status, act, onLeave }: ProgressProps): JSX.Element {
  const { id, from, to, phase } = status
  const { isBusy, error, run } = useAction()
  const running = isRunning(status)
  return (
    <Panel title={`${from} → ${to}`} aside={<span class="muted mono">{id}</span>}>
      <Outcome {...status} />
      <Phases {...status} />
      <Figures {...status} />
      <ActionError {...{ error }} title="Not done" />
      <div class="actions">
        {running && (
          <button
            type="button"
            class="danger"
            disabled={isBusy}
            onClick={() => void run(() => act(id, 'abort'))}
          >
            Give it up
          </button>
        )}
        {phase === 'done' && status.copied !== undefined && (
          <>
            <button type="button" disabled={isBusy} onClick={() => void run(() => act(id, 'rollback'))}>
              Roll back to {from}
            </button>
            <button
              type="button"
              disabled={isBusy}
              onClick={() =>
                void run(async () => {
                  await act(id, 'complete')
                  onLeave()
                })
              }
            >
              Let {from} go
            </button>
          </>
        )}
        {!running && (
          <button type="button" class="primary" onClick={onLeave}>
            New switch
          </button>
        )}
      </div>
    </Panel>
  )
}

function Outcome({ from, to, phase, pauseMs, error }: SwitchStatus): JSX.Element | null {
  switch (phase) {
    case 'done':
      return (
        <Notice kind="success" title={`${to} serves`}>
          {pauseMs !== undefined &&
            `Requests waited for ${formatMs(pauseMs)}. It can be rolled back to ${from}, with all that was written since, until ${from} is let go or the server is started again.`}
        </Notice>
      )
    case 'aborted':
      return (
        <Notice kind="info" title={`Given up: ${from} serves as before`}>
          {error?.detail}
        </Notice>
      )
    case 'failed':
      return (
        <Notice kind="danger" title={`Failed: ${from} serves as before`}>
          {error?.detail} <code>{error?.code}</code>
        </Notice>
      )
    default:
      return null
  }
}

function Figures({
  copied,
  total,
  verified,
  dirty,
  rate,
  etaMs,
  pauseMs,
  attempts,
  repaired,
}: SwitchStatus): JSX.Element | null {
  // Of the run of the server before this one only the outcome is known.
  if (copied === undefined || total === undefined) return null
  const waited = pauseMs ?? 0
  return (
    <dl class="figures">
      <Figure label="Copied" value={formatExact(copied)} note={`of ${formatExact(total)}`} />
      <Figure label="Rate" value={formatExact(rate ?? 0)} note="keys/s" />
      {etaMs !== undefined && <Figure label="Copy ends in" value={formatMs(etaMs)} />}
      <Figure label="Written meanwhile" value={formatExact(dirty ?? 0)} note="to copy again" />
      <Figure
        label="Verified"
        value={formatExact(verified ?? 0)}
        note={repaired ? `${repaired} repaired` : undefined}
      />
      <Figure
        label="Pause"
        value={formatMs(waited)}
        note={attempts && attempts > 1 ? `in ${attempts} attempts` : undefined}
      />
    </dl>
  )
}

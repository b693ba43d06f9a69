import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { SwitchPlan } from '../../api/types.ts'
import { Checkbox } from '../../components/field.tsx'
import { Figure } from '../../components/figure.tsx'
import { Notice } from '../../components/notice.tsx'
import { Panel } from '../../components/panel.tsx'
import { formatBytes, formatExact, formatMs } from '../../text/format.ts'

export interface PlanProps {
  readonly plan: SwitchPlan
  readonly isBusy: boolean
  readonly onConfirm: () => void
}

/** What a switch would do and meet, and the button that begins it. */
export function Plan({ plan, isBusy, onConfirm }: PlanProps): JSX.Element {
  const { from, to, keys, bytes, problems, losses, obstacles, estimatedMs } = plan
  const [isAccepted, setAccepted] = useState(false)
  const isHeld = problems.length === 0
  const isPossible = isHeld && obstacles.length === 0
  return (
    <Panel title="2. Look, and confirm">
      <dl class="figures">
        <Figure label="Entries to copy" value={formatExact(keys)} />
        <Figure label="Size of their values" value={formatBytes(bytes)} />
        <Figure label="Takes about" value={formatMs(estimatedMs)} />
      </dl>
      {isHeld ? (
        <Notice kind="success" title={`${to} can hold everything that is in ${from}`} />
      ) : (
        <Notice kind="danger" title={`${to} cannot hold everything that is in ${from}`}>
          {problems.length === 100 ? 'These are the first hundred entries.' : 'These entries are in the way.'}
        </Notice>
      )}
      {!isHeld && (
        <ul class="list">
          {problems.map(({ key, reason }) => (
            <li key={key}>
              <code class="mono">{key}</code> {reason}
            </li>
          ))}
        </ul>
      )}
      {obstacles.length > 0 && (
        <>
          <Notice kind="danger" title={`A switch to ${to} would be refused`}>
            Mend this, or choose other options, and do another dry run.
          </Notice>
          <ul class="list">
            {obstacles.map((obstacle) => (
              <li key={obstacle}>{obstacle}</li>
            ))}
          </ul>
        </>
      )}
      {losses.length > 0 && (
        <div>
          <p class="field-label">What is lost with {from}</p>
          <ul class="list">
            {losses.map((loss) => (
              <li key={loss}>{loss}</li>
            ))}
          </ul>
          <Checkbox label="I can do without these" checked={isAccepted} onChange={setAccepted} />
        </div>
      )}
      <div class="actions">
        <button
          type="button"
          class="primary"
          disabled={isBusy || !isPossible || (losses.length > 0 && !isAccepted)}
          onClick={onConfirm}
        >
          Switch {from} → {to}
        </button>
        <span class="muted">everything goes on being served, and it can be given up or rolled back</span>
      </div>
    </Panel>
  )
}

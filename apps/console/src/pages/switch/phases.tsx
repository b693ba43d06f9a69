import type { JSX } from 'preact'
import type { SwitchStatus } from '../../api/types.ts'

const PHASES = [
  ['preparing', 'Prepare'],
  ['copying', 'Copy'],
  ['catching-up', 'Catch up'],
  ['verifying', 'Verify'],
  ['cutting-over', 'Cut over'],
  ['done', 'Done'],
] as const

/** The phases of a switch, and how far the one under way is. */
export function Phases({ phase, copied = 0, verified = 0, total = 0 }: SwitchStatus): JSX.Element {
  const at = PHASES.findIndex(([name]) => name === phase)
  const share = phase === 'copying' ? copied / total : phase === 'verifying' ? verified / total : undefined
  return (
    <>
      <ol class="phases" aria-label="Phases">
        {PHASES.map(([name, title], i) => (
          <li
            key={name}
            class={i < at || phase === 'done' ? 'past' : ''}
            aria-current={i === at && phase !== 'done' ? 'step' : undefined}
          >
            {title}
          </li>
        ))}
      </ol>
      <p class="visually-hidden" role="status">
        {phase}
      </p>
      {share !== undefined && total > 0 && (
        <progress
          aria-label={phase === 'copying' ? 'Copied' : 'Verified'}
          max={1}
          value={Math.min(share, 1)}
        />
      )}
    </>
  )
}

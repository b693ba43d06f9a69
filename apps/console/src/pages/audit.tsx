import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { requestJson } from '../api/request.ts'
import type { AuditEntry } from '../api/types.ts'
import { ActionError } from '../components/action-error.tsx'
import { Badge, type BadgeProps } from '../components/badge.tsx'
import { Page } from '../components/page.tsx'
import { Panel } from '../components/panel.tsx'
import { ScrollArea } from '../components/scroll-area.tsx'
import { Empty, WhenLoaded } from '../components/states.tsx'
import { useAction } from '../data/action.ts'
import { useLoaded } from '../data/poll.ts'
import { formatInstant } from '../text/format.ts'

const PAGE_SIZE = 100

/** Any other outcome is the code of a problem. */
const KINDS: ReadonlyMap<string, BadgeProps['kind']> = new Map([
  ['done', 'success'],
  ['allowed', 'success'],
  ['begun', 'warning'],
])

function readAudit(
  before?: string,
  signal?: AbortSignal,
): Promise<{ readonly entries: readonly AuditEntry[] }> {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(before !== undefined && { before }) })
  return requestJson('GET', `v1/audit?${query}`, { signal })
}

/** Who did what. */
export function AuditPage(): JSX.Element {
  const newest = useLoaded((signal) => readAudit(undefined, signal), 0)
  const [older, setOlder] = useState<readonly AuditEntry[]>([])
  const [isAll, setAll] = useState(false)
  const { isBusy, error, run } = useAction()

  const refresh = async (): Promise<void> => {
    setOlder([])
    setAll(false)
    await newest.refresh()
  }
  const loadOlder = async (last: AuditEntry): Promise<void> => {
    const { entries } = await readAudit(last.id)
    setOlder([...older, ...entries])
    setAll(entries.length < PAGE_SIZE)
  }

  return (
    <Page
      title="Audit"
      actions={
        <button type="button" onClick={() => void refresh()}>
          Refresh
        </button>
      }
    >
      <Panel title="Administrative actions">
        <WhenLoaded loaded={newest} what="audit">
          {({ entries }) => {
            const all = [...entries, ...older]
            const last = all.at(-1)
            if (last === undefined) return <Empty>Nothing has been done yet.</Empty>
            return (
              <>
                <Entries entries={all} />
                <ActionError {...{ error }} title="The older ones could not be loaded" />
                {entries.length === PAGE_SIZE && !isAll && (
                  <div class="actions">
                    <button type="button" disabled={isBusy} onClick={() => void run(() => loadOlder(last))}>
                      Older
                    </button>
                  </div>
                )}
              </>
            )
          }}
        </WhenLoaded>
      </Panel>
    </Page>
  )
}

function Entries({ entries }: { readonly entries: readonly AuditEntry[] }): JSX.Element {
  return (
    <ScrollArea label="Administrative actions">
      <table>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Action</th>
            <th scope="col">Detail</th>
            <th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, at, actor, address, action, detail, outcome }) => (
            <tr key={id}>
              <td class="nowrap">{formatInstant(at)}</td>
              <td>
                {actor} <span class="muted">{address}</span>
              </td>
              <td>{action}</td>
              <td class="mono">{Object.keys(detail).length > 0 && JSON.stringify(detail)}</td>
              <td>
                <Badge kind={KINDS.get(outcome) ?? 'danger'}>{outcome}</Badge>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  )
}

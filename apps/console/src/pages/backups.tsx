import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { requestJson } from '../api/request.ts'
import type { BackupFile } from '../api/types.ts'
import { ActionError } from '../components/action-error.tsx'
import { Page } from '../components/page.tsx'
import { Panel } from '../components/panel.tsx'
import { ScrollArea } from '../components/scroll-area.tsx'
import { Empty, WhenLoaded } from '../components/states.tsx'
import { toast } from '../components/toasts.tsx'
import { useAction } from '../data/action.ts'
import { useLoaded } from '../data/poll.ts'
import { formatBytes, formatExact, formatInstant } from '../text/format.ts'
import { Restore } from './restore.tsx'

const BACKUP_MS = 3_600_000

export function BackupsPage(): JSX.Element {
  const backups = useLoaded(
    (signal) => requestJson<{ readonly backups: readonly BackupFile[] }>('GET', 'v1/backups', { signal }),
    0,
  )
  const [name, setName] = useState('')
  const [restoring, setRestoring] = useState<string>()
  const { isBusy, error, run } = useAction()

  async function create(event: Event): Promise<void> {
    event.preventDefault()
    const json = name === '' ? {} : { name }
    const isDone = await run(async () => {
      const made = await requestJson<{ name: string; records: number }>('POST', 'v1/backup', {
        json,
        timeoutMs: BACKUP_MS,
      })
      toast(`${made.name} holds ${formatExact(made.records)} entries`)
      await backups.refresh()
    })
    if (isDone) setName('')
  }

  return (
    <Page title="Backups">
      <Panel title="Make a backup">
        <ActionError {...{ error }} title="No backup was made" />
        <form class="prefix-form" onSubmit={(event) => void create(event)}>
          <input
            aria-label="Name"
            placeholder="Name; the time by default"
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,99}"
            title="Letters, digits, dots, dashes and underscores"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="primary" disabled={isBusy}>
            {isBusy ? 'Backing up…' : 'Back up'}
          </button>
        </form>
        <p class="muted">
          The state as it is at one moment, while it is served. The file stays on the server.
        </p>
      </Panel>
      <Panel title="Backups on the server">
        <WhenLoaded loaded={backups} what="backups">
          {({ backups: all }) =>
            all.length === 0 ? (
              <Empty>There is none yet.</Empty>
            ) : (
              <ScrollArea label="Backups">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Name</th>
                      <th scope="col">Made</th>
                      <th scope="col">Size</th>
                      <td />
                    </tr>
                  </thead>
                  <tbody>
                    {all
                      .toSorted((a, b) => b.createdAt - a.createdAt)
                      .map((file) => (
                        <tr key={file.name}>
                          <th scope="row">{file.name}</th>
                          <td>{formatInstant(file.createdAt)}</td>
                          <td>{formatBytes(file.bytes)}</td>
                          <td class="end">
                            <button
                              type="button"
                              aria-label={`Restore ${file.name}`}
                              onClick={() => setRestoring(file.name)}
                            >
                              Restore…
                            </button>
                          </td>
                        </tr>
                      ))}
                  </tbody>
                </table>
              </ScrollArea>
            )
          }
        </WhenLoaded>
      </Panel>
      {restoring !== undefined && <Restore name={restoring} onClose={() => setRestoring(undefined)} />}
    </Page>
  )
}

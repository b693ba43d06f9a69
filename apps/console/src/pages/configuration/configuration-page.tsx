import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { isConflict } from '../../api/api-error.ts'
import { requestJson } from '../../api/request.ts'
import type { ConfigSnapshot } from '../../api/types.ts'
import { ActionError } from '../../components/action-error.tsx'
import { Notice } from '../../components/notice.tsx'
import { Page } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { WhenLoaded } from '../../components/states.tsx'
import { toast } from '../../components/toasts.tsx'
import { useAction } from '../../data/action.ts'
import { useLoaded } from '../../data/poll.ts'
import { mergePatchOf } from '../../text/merge-patch.ts'
import { type Draft, draftOf, settingsOf } from './draft.ts'
import { SettingsFields } from './settings-fields.tsx'

const EVERY_MS = 3000

/** What can be changed while the server runs. Only what was changed here is sent, on top of what was shown. */
export function ConfigurationPage(): JSX.Element {
  const config = useLoaded((signal) => requestJson<ConfigSnapshot>('GET', 'v1/config', { signal }), EVERY_MS)
  const [edited, setEdited] = useState<{ readonly base: ConfigSnapshot; readonly draft: Draft }>()
  const { isBusy, error, run, forgetError } = useAction()

  const settings = edited === undefined ? undefined : settingsOf(edited.draft)
  const patch = settings && mergePatchOf(edited?.base.settings, settings)
  // What is being saved is another version than what it was begun on.
  const isStale = edited !== undefined && !isBusy && config.value?.version !== edited.base.version

  const discard = (): void => {
    setEdited(undefined)
    forgetError()
  }
  const save = async (version: string | undefined): Promise<void> => {
    try {
      await requestJson('PATCH', 'v1/config', { json: patch, headers: { 'if-match': `"${version}"` } })
    } finally {
      await config.refresh()
    }
    // Not before what is stored is known: on that the next draft begins.
    setEdited(undefined)
    toast('Configuration saved')
  }

  return (
    <Page title="Configuration">
      <Panel
        title="Runtime configuration"
        aside={<span class="muted mono">{config.value && `version ${config.value.version}`}</span>}
      >
        <WhenLoaded loaded={config} what="runtime configuration">
          {(current) => (
            <form
              class="stack"
              onSubmit={(event) => {
                event.preventDefault()
                void run(() => save(edited?.base.version))
              }}
            >
              {isStale && (
                <Notice
                  kind="warning"
                  title="The configuration was changed while you were editing it"
                  actions={
                    <>
                      <button type="button" onClick={discard}>
                        Discard mine
                      </button>
                      <button
                        type="button"
                        disabled={patch === undefined || isBusy}
                        onClick={() => void run(() => save(current.version))}
                      >
                        Save mine on top
                      </button>
                    </>
                  }
                >
                  Nothing of yours was saved. On top, only the fields that you have changed are.
                </Notice>
              )}
              {!isConflict(error) && <ActionError {...{ error }} title="Not saved" />}
              <fieldset class="stack" disabled={isBusy}>
                <legend class="visually-hidden">Settings</legend>
                <SettingsFields
                  draft={edited?.draft ?? draftOf(current.settings)}
                  onChange={(draft) => setEdited({ base: edited?.base ?? current, draft })}
                />
              </fieldset>
              <div class="actions">
                <button type="submit" class="primary" disabled={patch === undefined || isBusy || isStale}>
                  Save
                </button>
                <button type="button" disabled={edited === undefined} onClick={discard}>
                  Discard
                </button>
              </div>
            </form>
          )}
        </WhenLoaded>
      </Panel>
    </Page>
  )
}

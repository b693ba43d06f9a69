import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { requestJson } from '../../api/request.ts'
import { Page } from '../../components/page.tsx'
import { Panel } from '../../components/panel.tsx'
import { Empty } from '../../components/states.tsx'
import { toast } from '../../components/toasts.tsx'
import { navigate, route } from '../../router.ts'
import { EntryView } from './entry-view.tsx'
import { createKeyTree } from './key-tree.ts'
import type { KeyPage } from './level.ts'
import { NewKey } from './new-key.tsx'
import { TreeView } from './tree-view.tsx'

const PAGE_SIZE = '200'

function listKeys(prefix: string, cursor: string | undefined): Promise<KeyPage> {
  const query = new URLSearchParams({ prefix, limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) })
  return requestJson('GET', `v1/state?${query}`)
}

/** Prefixes and keys on the left, the value on the right. The address says which. */
export function KeysPage(): JSX.Element {
  const { query } = route.value
  const prefix = query.get('prefix') ?? ''
  const key = query.get('key') ?? undefined
  const [typed, setTyped] = useState(prefix)
  const [isMaking, setMaking] = useState(false)
  const tree = useMemo(() => createKeyTree(listKeys, prefix), [prefix])
  useEffect(() => setTyped(prefix), [prefix])

  const show = (wanted: { prefix?: string; key?: string | undefined }): void => {
    const { prefix: nextPrefix = prefix, key: nextKey } = wanted
    navigate('keys', {
      ...(nextPrefix !== '' && { prefix: nextPrefix }),
      ...(nextKey !== undefined && { key: nextKey }),
    })
  }

  return (
    <Page
      title="Keys"
      actions={
        <>
          <button type="button" onClick={() => tree.refresh()}>
            Refresh
          </button>
          <button type="button" class="primary" onClick={() => setMaking(true)}>
            New key…
          </button>
        </>
      }
    >
      <div class={`keys ${key === undefined ? '' : 'has-key'}`}>
        <Panel title="Prefixes" class="key-list">
          <form
            class="prefix-form"
            onSubmit={(event) => {
              event.preventDefault()
              show({ prefix: typed, key })
            }}
          >
            <input
              type="search"
              class="mono"
              aria-label="Prefix"
              placeholder="Prefix, such as order:"
              value={typed}
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
            <button type="submit">Show</button>
          </form>
          <TreeView {...{ tree }} selected={key} onSelect={(wanted) => show({ key: wanted })} />
        </Panel>
        <div class="key-value">
          {key === undefined ? (
            <Panel title="Value">
              <Empty>Choose a key to see its value.</Empty>
            </Panel>
          ) : (
            <>
              <button type="button" class="back" onClick={() => show({})}>
                ← All keys
              </button>
              <EntryView name={key} />
            </>
          )}
        </div>
      </div>
      {isMaking && (
        <NewKey
          {...{ prefix }}
          onClose={() => setMaking(false)}
          onCreated={(created) => {
            setMaking(false)
            toast(`${created} created`)
            tree.refresh()
            show({ key: created })
          }}
        />
      )}
    </Page>
  )
}

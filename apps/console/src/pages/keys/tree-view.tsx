import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { formatExact } from '../../text/format.ts'
import type { KeyTree, Line } from './key-tree.ts'

export interface TreeViewProps {
  readonly tree: KeyTree
  readonly selected: string | undefined
  readonly onSelect: (key: string) => void
}

/** A tree by the authoring practices of ARIA: one stop for Tab, and arrows within. */
export function TreeView({ tree, selected, onSelect }: TreeViewProps): JSX.Element {
  const lines = tree.lines.value
  const list = useRef<HTMLDivElement>(null)
  const [current, setCurrent] = useState('')
  const names = lines.map(nameOf)
  const at = Math.max(0, names.indexOf(current))

  function focus(index: number): void {
    const bounded = Math.min(Math.max(index, 0), lines.length - 1)
    setCurrent(names[bounded] ?? '')
    list.current?.querySelectorAll<HTMLElement>('[role=treeitem]')[bounded]?.focus()
  }

  function act(line: Line): void {
    if (line.kind === 'group') tree.toggle(line.prefix)
    else if (line.kind === 'key') onSelect(line.key)
    else if (line.kind === 'more' || line.kind === 'error') tree.loadMore(line.parent)
  }

  function onKeyDown(event: KeyboardEvent): void {
    const line = lines[at]
    if (line === undefined) return
    const keys: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(at + 1),
      ArrowUp: () => focus(at - 1),
      Home: () => focus(0),
      End: () => focus(lines.length - 1),
      Enter: () => act(line),
      ' ': () => act(line),
      ArrowRight: () => {
        if (line.kind === 'group' && !line.isOpen) tree.toggle(line.prefix)
        else if (line.kind === 'group') focus(at + 1)
      },
      ArrowLeft: () => {
        if (line.kind === 'group' && line.isOpen) tree.toggle(line.prefix)
        else focus(names.indexOf(`group ${line.parent}`))
      },
    }
    const does = keys[event.key]
    if (does === undefined) return
    event.preventDefault()
    does()
  }

  return (
    <div class="tree" role="tree" aria-label="Keys" ref={list}>
      {lines.map((line, i) => (
        <div
          key={names[i]}
          role="treeitem"
          class={`line ${line.kind}`}
          data-depth={Math.min(line.depth, 8)}
          aria-level={line.depth + 1}
          aria-expanded={line.kind === 'group' ? line.isOpen : undefined}
          aria-selected={line.kind === 'key' && line.key === selected}
          tabIndex={i === at ? 0 : -1}
          onKeyDown={onKeyDown}
          onClick={() => {
            focus(i)
            act(line)
          }}
        >
          <LineText {...line} />
        </div>
      ))}
    </div>
  )
}

function nameOf(line: Line): string {
  if (line.kind === 'group') return `group ${line.prefix}`
  if (line.kind === 'key') return `key ${line.key}`
  return `${line.kind} ${line.parent}`
}

function LineText(line: Line): JSX.Element {
  switch (line.kind) {
    case 'group':
      return (
        <>
          <span class="twist" aria-hidden="true">
            {line.isOpen ? '▾' : '▸'}
          </span>
          <span class="segment">{line.prefix.slice(line.parent.length)}</span>
          <span class="count">
            {formatExact(line.seen)}
            {line.hasMore && '+'}
          </span>
        </>
      )
    case 'key':
      return <span class="segment">{line.key.slice(line.parent.length) || line.key}</span>
    case 'more':
      return <>Load more…</>
    case 'loading':
      return <>Loading…</>
    case 'empty':
      return <>No keys here.</>
    case 'error':
      return <>{line.error.message} Press to try again.</>
  }
}

import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

export interface PageProps {
  readonly title: string
  readonly actions?: ComponentChildren
  readonly children: ComponentChildren
}

let isFirst = true

/** A page of the console. Its title takes the focus, so that readers of the screen hear where they are. */
export function Page({ title, actions, children }: PageProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Switchyard`
    if (!isFirst) heading.current?.focus()
    isFirst = false
  }, [title])
  return (
    <>
      <div class="page-header">
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </div>
      {children}
    </>
  )
}

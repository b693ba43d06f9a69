import type { ComponentChildren, JSX } from 'preact'

export interface NoticeProps {
  readonly kind: 'info' | 'success' | 'warning' | 'danger'
  readonly title: string
  readonly actions?: ComponentChildren
  readonly children?: ComponentChildren
}

/** Says something in the flow of the page; readers of the screen hear it when it comes. */
export function Notice({ kind, title, actions, children }: NoticeProps): JSX.Element {
  return (
    <div class={`notice ${kind}`} role={kind === 'danger' || kind === 'warning' ? 'alert' : 'status'}>
      <div>
        <strong>{title}</strong>
        {children !== undefined && <p>{children}</p>}
      </div>
      {actions && <div class="actions">{actions}</div>}
    </div>
  )
}

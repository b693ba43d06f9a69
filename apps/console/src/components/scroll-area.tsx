import type { ComponentChildren, JSX } from 'preact'

export interface ScrollAreaProps {
  readonly label: string
  readonly children: ComponentChildren
}

/** What may be wider than the screen; the keyboard can scroll it. */
export function ScrollArea({ label, children }: ScrollAreaProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls only what can take the focus
    <section class="scroll-area" aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}

import type { ComponentChildren, JSX } from 'preact'

/** Text as it is stored, and not to be edited. */
export function Preview({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls only what can take the focus
    <pre class="preview" tabIndex={0}>
      {children}
    </pre>
  )
}

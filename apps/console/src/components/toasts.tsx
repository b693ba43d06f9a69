import { signal } from '@preact/signals'
import type { JSX } from 'preact'

interface Toast {
  readonly id: number
  readonly text: string
}

const SHOWN_MS = 5000
const toasts = signal<readonly Toast[]>([])
let lastId = 0

/** Says for some seconds that something was done. */
export function toast(text: string): void {
  const id = ++lastId
  toasts.value = [...toasts.value, { id, text }]
  setTimeout(() => {
    toasts.value = toasts.value.filter((one) => one.id !== id)
  }, SHOWN_MS)
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status">
      {toasts.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  )
}

import { effect, type Signal, signal } from '@preact/signals'
import type { JSX } from 'preact'

const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const KEPT_AS = 'switchyard-theme'

const kept = localStorage.getItem(KEPT_AS)
/** What people chose; by default what their system has. */
const theme: Signal<Theme> = signal(THEMES.find((one) => one === kept) ?? 'system')
const systemIsDark = matchMedia('(prefers-color-scheme: dark)')

/** Counts the changes of colours, for what is drawn and not styled. */
export const themeChanges: Signal<number> = signal(0)

effect(() => {
  document.documentElement.dataset['theme'] = theme.value
  localStorage.setItem(KEPT_AS, theme.value)
  themeChanges.value = themeChanges.peek() + 1
})
systemIsDark.addEventListener('change', () => {
  themeChanges.value++
})

export function ThemeChoice(): JSX.Element {
  return (
    <label class="theme-choice">
      <span class="visually-hidden">Colours</span>
      <select
        value={theme.value}
        onChange={(event) => {
          theme.value = event.currentTarget.value as Theme
        }}
      >
        <option value="system">System</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  )
}

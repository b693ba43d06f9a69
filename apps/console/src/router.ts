import { type ReadonlySignal, signal } from '@preact/signals'

/** What the address says: `#/keys?prefix=order:`. */
export interface Route {
  readonly page: string
  readonly query: URLSearchParams
}

const current = signal(parse(location.hash))

export const route: ReadonlySignal<Route> = current

addEventListener('hashchange', () => {
  current.value = parse(location.hash)
})

export function href(page: string, query: Readonly<Record<string, string>> = {}): string {
  const text = new URLSearchParams(query).toString()
  return `#/${page}${text === '' ? '' : `?${text}`}`
}

export function navigate(page: string, query?: Readonly<Record<string, string>>): void {
  location.hash = href(page, query)
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return { page: path === '' ? 'overview' : path, query: new URLSearchParams(query) }
}

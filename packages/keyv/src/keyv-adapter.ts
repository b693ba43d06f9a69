/**
 * What a storage adapter of Keyv has to have to be a backend, of versions 5 and 6 alike. Adapters answer in their own
 * ways: nothing, true, or false for a failure that they have emitted.
 */
export interface KeyvAdapter {
  get(key: string): Promise<unknown>
  /** The third parameter is milliseconds to live or, with `capabilities.expires`, Unix milliseconds. */
  set(key: string, value: string, expiry?: number): unknown
  delete(key: string): Promise<unknown>
  getMany?(keys: string[]): Promise<unknown>
  /** Pairs of key and value. */
  iterator(namespace?: string): AsyncIterable<unknown>
  disconnect?(): Promise<unknown>
  on?(event: 'error', listener: (error: unknown) => void): unknown
  off?(event: 'error', listener: (error: unknown) => void): unknown
  readonly namespace?: string | undefined
  readonly capabilities?: { readonly expires?: boolean | undefined } | undefined
}

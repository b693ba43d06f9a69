import { createHash, randomBytes } from 'node:crypto'
import type { TokenSettings } from '@switchyard/server'

/** A token, and what the server knows of it. */
export function makeToken(settings: Omit<TokenSettings, 'hash'>): {
  readonly token: string
  readonly settings: TokenSettings
} {
  const token = randomBytes(32).toString('base64url')
  const hash = `sha256:${createHash('sha256').update(token).digest('hex')}`
  return { token, settings: { hash, ...settings } }
}

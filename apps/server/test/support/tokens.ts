import type { TokenSettings } from '../../src/access/settings.ts'
import { hashText, newToken } from '../../src/access/tokens.ts'

export interface MadeToken {
  readonly token: string
  readonly settings: TokenSettings
  /** The header of who has it. */
  readonly headers: { readonly authorization: string }
}

export function makeToken(
  settings: Omit<TokenSettings, 'name' | 'hash'> & { readonly name?: string },
): MadeToken {
  const token = newToken()
  return {
    token,
    settings: { name: 'somebody', hash: hashText(token), ...settings },
    headers: { authorization: `Bearer ${token}` },
  }
}

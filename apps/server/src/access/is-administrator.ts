import { isUnrestricted } from './key-rules.ts'
import type { Principal } from './principal.ts'

/**
 * Whether it looks after the server, and is told what goes on inside.
 *
 * @param principal undefined: the request was refused before it was asked who sends it
 */
export function isAdministrator(principal: Principal | undefined): boolean {
  return principal?.scopes.has('admin') === true && isUnrestricted(principal)
}

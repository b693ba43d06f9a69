import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import { SCOPES, type Scope } from './principal.ts'
import { isInstant } from './settings.ts'
import { hashText, newToken } from './tokens.ts'

const DEFAULT_SCOPES = 'read,write,list,watch'

const USAGE =
  'usage: switchyard-server token [--name <name>] [--scopes <scope>,...] [--prefix <prefix>]... [--expires <instant>]'

/**
 * `switchyard-server token`: makes a token, and tells it together with its line for the configuration. It is kept nowhere.
 *
 * @throws ConfigError for arguments that make no sense.
 */
export function tokenCommand(args: readonly string[]): string {
  const { name, scopes: list, prefix, expires } = parsed(args)
  const scopes = list.split(',')
  const unknown = scopes.find((scope) => !SCOPES.includes(scope as Scope))
  if (unknown !== undefined) {
    throw new ConfigError(`--scopes: expected some of ${SCOPES.join(',')}; got ${JSON.stringify(unknown)}`)
  }
  if (expires !== undefined && !isInstant(expires)) {
    throw new ConfigError(
      `--expires: expected an instant such as 2027-01-01T00:00:00Z, got ${JSON.stringify(expires)}`,
    )
  }
  const token = newToken()
  const fields = {
    name,
    hash: hashText(token),
    scopes,
    ...(prefix !== undefined && { prefixes: prefix }),
    ...(expires !== undefined && { expires }),
  }
  return `# The token. It is not shown again:
${token}
# Its line for the configuration, in access.tokens:
- ${JSON.stringify(fields)}
`
}

function parsed(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        name: { type: 'string', default: 'token' },
        scopes: { type: 'string', default: DEFAULT_SCOPES },
        prefix: { type: 'string', multiple: true },
        expires: { type: 'string' },
      },
    })
    return values
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n${USAGE}`)
  }
}

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ConfigError } from './config-error.ts'

/** What some schema libraries tell beyond the standard. */
interface TellingIssue extends StandardSchemaV1.Issue {
  readonly expected?: string | null
  readonly received?: string
}

/**
 * What the schema makes of the value.
 *
 * @param at the value's place in the configuration
 * @throws ConfigError with a line for everything that the schema refuses.
 */
export function checked<Out>(schema: StandardSchemaV1<unknown, Out>, value: unknown, at: string): Out {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw new ConfigError(`${at}: its schema does not answer synchronously`)
  if (result.issues === undefined) return result.value
  throw new ConfigError(result.issues.map((issue) => describe(issue, at)).join('\n'))
}

function describe(issue: TellingIssue, at: string): string {
  const segments = (issue.path ?? []).map((segment) =>
    String(typeof segment === 'object' ? segment.key : segment),
  )
  const path = [at, ...segments].filter((segment) => segment !== '').join('.')
  if (SECRET.test(path)) return `${withoutUrls(path)}: ${withoutValue(reasonOf(issue))}`
  return `${path === '' ? 'the configuration' : path}: ${reasonOf(issue)}`
}

/** Passwords and tokens stand here, or what was meant to be one. */
const SECRET = /^(?:state\.backends|access)(?:\.|$)/

/** A space is missing in `{ url:redis://... }`, and all of it is the name of a field. */
function withoutUrls(path: string): string {
  return path.replace(/:.*/su, ':...')
}

/** What was expected, and not what is there. */
function withoutValue(reason: string): string {
  return reason.replace(/[,;] got .*/su, '')
}

/** Valibot's own messages begin like this. Those that an author wrote are told as they are. */
const USUAL = /^Invalid /

function reasonOf({ expected, received, message }: TellingIssue): string {
  const isUsual = USUAL.test(message) && typeof expected === 'string' && received !== undefined
  if (!isUsual) return message
  if (received === 'undefined') return 'is missing'
  return `expected ${expected.replace(/^\((.*)\)$/, '$1')}, got ${received}`
}

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

/** The rule of the README for a user of Redis' ACL, in its parts; its name is 'app' and its password 'secret'. */
export function ruleOfReadme(): readonly string[] {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rule = /^ACL SETUSER (.*)$/m.exec(readme)?.[1]
  expect(rule).toBeDefined()
  return String(rule).split(' ')
}

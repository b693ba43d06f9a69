import { expect, it } from 'vitest'
import { ConfigError } from '../src/config/config-error.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { writeFiles } from './support/child-files.ts'
import { temporaryFolder } from './support/start-server.ts'

const SECRET = 's3cretpw'
const URL = `redis://:${SECRET}@127.0.0.1:6379`

const backend = (text: string): string => `state:\n  backends:\n    shared: ${text}\n`
const options = (text: string): string => backend(`{ plugin: '@switchyard/redis', options: ${text} }`)

it.each([
  [
    'a quote that is missing',
    options(`{ url: "${URL} }`),
    /switchyard\.yaml: not YAML at line \d+, column \d+: /,
  ],
  ['text behind a quote', backend(`"a" ${SECRET}`), /switchyard\.yaml: not YAML at line 3, column 17: /],
  ['text behind the mark of a block', backend(`| ${SECRET}`), /not YAML at line 3, column \d+: /],
  ['no quotes around an alias', options(`{ url: *${SECRET} }`), /switchyard\.yaml: an alias has no anchor/],
  ['no quotes around a tag', options(`{ url: !${SECRET} x }`), /not YAML at line 3, column \d+: tag/],
  ['a backend given as text', backend(URL), /^state\.backends\.shared: expected Object$/],
  ['all backends given as text', `state: { backends: '${URL}' }`, /^state\.backends: expected Object$/],
  [
    'a list of backends',
    `state: { backends: ['${URL}'] }`,
    /^state\.backends: expected names with backends$/,
  ],
  ['options given as text', options(`'${URL}'`), /^state\.backends\.shared\.options: expected Object$/],
  [
    'an option of another kind',
    options(`{ url: '${URL}', layout: ${SECRET} }`),
    /options\.layout: expected /,
  ],
  [
    'a space that is missing',
    options(`{ url:${URL} }`),
    /^state\.backends\.shared\.options\.url:\.\.\.: not an option/,
  ],
  ['a token as text', `access: { tokens: [${SECRET}] }`, /^access\.tokens\.0: expected Object$/],
  [
    'a token as a hash',
    `access: { tokens: [{ name: a, hash: ${SECRET}, scopes: [read] }] }`,
    /hash: expected /,
  ],
  [
    'a token as an instant',
    `access: { sessionIdle: ${SECRET} }`,
    /^access\.sessionIdle: expected milliseconds/,
  ],
  [
    'a token as a scope',
    `access: { tokens: [{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [${SECRET}] }] }`,
    /^access\.tokens\.0\.scopes\.0: expected /,
  ],
  [
    'a token as the end of another',
    `access: { tokens: [{ name: a, hash: 'sha256:${'0'.repeat(64)}', scopes: [read], expires: ${SECRET} }] }`,
    /^access\.tokens\.0\.expires: expected an instant/,
  ],
])('what is refused does not show secrets: %s', async (_name, yaml, expected) => {
  const cwd = await temporaryFolder()
  await writeFiles(cwd, { 'switchyard.yaml': yaml })
  const error = await loadConfig({ cwd, env: {} }).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(ConfigError)
  const { message } = error as ConfigError
  expect(message).toMatch(expected)
  expect(message).not.toContain(SECRET)
})

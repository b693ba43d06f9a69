import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isRedisWanted, startRedis } from '@switchyard/services'
import { expect, onTestFinished, test } from 'vitest'
import { run } from './command.ts'
import { deployedConfiguration } from './deployed-configuration.ts'
import { startServer } from './server-process.ts'
import { ROOT } from './workspace.ts'

const GUIDE = join(ROOT, 'docs/operations.md')
const guide = readFileSync(GUIDE, 'utf8')
const TOKEN = 'token-of-this-test'

/** The blocks that are to be run, as one script that ends at the first command that fails. */
function script(url: string): string {
  const blocks = [...guide.matchAll(/^( *)```bash\n([\s\S]*?)^\1```$/gm)].map(
    ([, , block]) => block as string,
  )
  // The command line as it is in the workspace.
  const npx = `npx() { shift; '${process.execPath}' '${join(ROOT, 'apps/cli/src/main.ts')}' "$@"; }`
  return ['set -euo pipefail', npx, ...blocks].join('\n').replaceAll('http://127.0.0.1:7373', url)
}

test.runIf(isRedisWanted())(
  'the commands of the guide do what it says',
  async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    const cwd = mkdtempSync(join(tmpdir(), 'switchyard-operations-'))
    onTestFinished(() => rmSync(cwd, { recursive: true }))
    writeFileSync(join(cwd, 'switchyard.yaml'), deployedConfiguration(TOKEN, redis.url))
    const main = join(ROOT, 'apps/server/src/main.ts')
    const server = await startServer(process.execPath, ['--no-warnings', main], { cwd, env: process.env })
    const output = await run('bash', ['-c', script(server.url)], { cwd, env: { ...process.env, TOKEN } })

    // After the backup, the restore, the switch, the way back and the second switch.
    expect(output).toContain('{"total":42}')
    const get = (path: string): Promise<Response> =>
      fetch(server.url + path, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect(await (await get('/v1/backends')).json()).toMatchObject({ active: 'shared' })
    expect(await (await get('/v1/state/order:1')).json()).toEqual({ total: 42 })
    expect(await (await get('/v1/state/order:2')).json()).toEqual({ total: 7 })
  },
  120_000,
)

test('the guide tells what to do about every code of the server', () => {
  const readme = readFileSync(join(ROOT, 'apps/server/README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| \d{3} +\|(.*)\|$/gm)].map(([, codes]) => codes as string)
  const codes = rows.flatMap((row) => [...row.matchAll(/`([A-Z_]+)`/g)].map(([, code]) => code as string))
  expect(codes.length).toBeGreaterThan(30)
  expect(codes.filter((code) => !guide.includes(`\`${code}\``))).toEqual([])
})

test('what the guide links to is there', () => {
  const links = [...guide.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link as string)
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((link) => !existsSync(join(dirname(GUIDE), link)))).toEqual([])
})

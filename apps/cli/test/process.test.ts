import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import { run as runHere } from '../src/index.ts'
import { type Project, project } from './project.ts'

/** In this process, with streams of the test's own. */
async function inProcess(
  { folder }: Project,
  args: readonly string[],
  signal: AbortSignal = new AbortController().signal,
  stdout: Writable = new PassThrough(),
): Promise<{ readonly code: number; readonly stderr: string }> {
  let stderr = ''
  const code = await runHere({
    args: ['--config', join(folder, 'switchyard.json'), '--data-dir', join(folder, 'data'), ...args],
    env: {},
    signal,
    stdout,
    stderr: new Writable({
      write(text, _encoding, done) {
        stderr += String(text)
        done()
      },
    }),
  })
  return { code, stderr }
}

/** A backend that presses Ctrl-C as soon as it is asked for its health, which is before a switch has begun. */
const IMPATIENT = `
import { definePlugin } from '${new URL('../../../packages/core/src/index.ts', import.meta.url)}'
import { memory } from '${new URL('../../../packages/memory/src/index.ts', import.meta.url)}'
import { once } from 'node:events'
const { plugin } = memory()
export const impatient = definePlugin({
  name: 'impatient',
  capabilities: plugin.capabilities,
  optionsSchema: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } },
  open: async (options, context) => ({
    ...(await memory().open(context)),
    async checkHealth() {
      const alive = setInterval(() => {}, 1000)
      const stopped = once(process, 'SIGINT')
      process.kill(process.pid, 'SIGINT')
      await stopped
      clearInterval(alive)
      return { healthy: true }
    },
  }),
})
`

describe('Ctrl-C', () => {
  test.each([['keys'], ['verify', 'local'], ['verify', 'local', 'files']])(
    'ends %s with a message',
    async (...args) => {
      const given = project()
      await given.run(['set', 'key', '1'])
      const stopped = AbortSignal.abort(new Error('SIGINT: given up'))
      expect(await inProcess(given, args, stopped)).toEqual({
        code: 130,
        stderr: expect.stringMatching(/^switchyard: .*SIGINT: given up\n$/),
      })
      const { code, stderr } = await inProcess(given, [...args, '--json'], stopped)
      expect([code, JSON.parse(stderr)]).toMatchObject([130, { error: { code: 'ABORTED' } }])
    },
  )

  test.each([[], ['--dry-run']])('gives up a migration that has not begun %s', async (...options) => {
    const { folder, run, json } = project({
      backends: {
        local: { plugin: '@switchyard/sqlite', options: { path: 'state.db' } },
        other: { plugin: './impatient.mjs' },
      },
    })
    writeFileSync(join(folder, 'impatient.mjs'), IMPATIENT)
    await run(['set', 'key', '1'])
    const { code, stdout } = await run(['migrate', 'other', '--allow-volatile', ...options])
    expect([code, stdout]).toEqual([130, ''])
    expect(await json('stats')).toMatchObject({ backend: 'local', keys: 1 })
    expect(existsSync(join(folder, 'data', 'switch.json'))).toBe(options.length === 0)
  })
})

describe('an output that nobody reads any more', () => {
  test.each([['--help'], ['keys'], ['stats']])('ends %s quietly', async (command) => {
    const { run } = project()
    await run(['set', 'key', '1'])
    expect(await run([command], { closed: true })).toMatchObject({ code: 0, stderr: '' })
  })

  test('ends a list', async () => {
    const given = project()
    for (const key of ['a', 'b', 'c']) await inProcess(given, ['set', key, '1'])
    const stdout = new PassThrough().destroy()
    const write = vi.spyOn(stdout, 'write')
    const { code } = await inProcess(given, ['keys'], undefined, stdout)
    expect([code, write.mock.calls]).toEqual([0, [['a\n']]])
  })
})

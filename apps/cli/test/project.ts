import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished } from 'vitest'

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Project {
  /** Runs the command as a shell does, and ends it with Ctrl-C when that is asked for. */
  run(
    args: readonly string[],
    options?: {
      readonly env?: NodeJS.ProcessEnv
      readonly stopWhen?: (output: string, pid: number) => boolean
      /** Who reads the output has gone, as `head` does. */
      readonly closed?: boolean
    },
  ): Promise<Ended>
  json(...args: readonly string[]): Promise<unknown>
  readonly folder: string
}

/** A folder with the configuration of a server, removed after the test. */
export function project(state: object = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const backends = {
    local: { plugin: '@switchyard/sqlite', options: { path: 'state.db' } },
    files: { plugin: '@switchyard/file', options: { path: 'files' } },
  }
  const config = { server: { port: 0 }, state: { active: 'local', backends, ...state } }
  writeFileSync(join(folder, 'switchyard.json'), JSON.stringify(config))

  const run: Project['run'] = async (args, { env = {}, stopWhen, closed = false } = {}) => {
    const child = spawn(process.execPath, ['--no-warnings', MAIN, ...args], {
      cwd: folder,
      env: { ...process.env, SWITCHYARD_BACKUP_KEY: '', ...env },
    })
    let stdout = ''
    let stderr = ''
    const watching = setInterval(() => {
      if (stopWhen?.(stdout + stderr, child.pid as number) !== true) return
      clearInterval(watching)
      child.kill('SIGINT')
    }, 20)
    child.stdout.on('data', (text) => {
      stdout += String(text)
    })
    child.stderr.on('data', (text) => {
      stderr += String(text)
    })
    if (closed) child.stdout.destroy()
    const [code] = (await once(child, 'close')) as [number | null]
    clearInterval(watching)
    return { code, stdout, stderr }
  }
  return {
    folder,
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run(['--json', ...args])
      expect([code, stderr]).toEqual([0, ''])
      return JSON.parse(stdout)
    },
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { ROOT } from './workspace.ts'

const BOOTSTRAP = join(ROOT, 'tools', 'bootstrap.mjs')
const RUNS_FOR_EVER = 'console.log(process.pid); setInterval(() => {}, 1000)'

let started: ChildProcess | undefined
let command: number | undefined

afterEach(() => {
  started?.kill('SIGKILL')
  if (command !== undefined && isAlive(command)) process.kill(command, 'SIGKILL')
})

/** Runs a command through the bootstrap, as an npm script does; its process id, once it runs. */
async function start(
  program: string,
  args: readonly string[],
  extra: NodeJS.ProcessEnv = {},
): Promise<number> {
  const env = { ...process.env, SWITCHYARD_BOOTSTRAPPED: '1', ...extra }
  started = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(started.stdout as NodeJS.ReadableStream, 'data')
  command = Number(String(line))
  return command
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function end(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 50))
}

test('what was started ends with its starter, even if that is killed', async () => {
  const script = `"${process.execPath}" "${BOOTSTRAP}" node -e '${RUNS_FOR_EVER}'; :`
  const pid = await start('sh', ['-c', script])
  started?.kill('SIGKILL')
  await end(pid)
})

test('what takes its time to stop is told once', async () => {
  const slow = `
    let count = 0
    process.on('SIGTERM', () => count++ || setTimeout(() => process.exit(console.log('told ' + count)), 1500))
    ${RUNS_FOR_EVER}`
  await start('sh', ['-c', `"${process.execPath}" "${BOOTSTRAP}" node -e "$SLOW"; :`], { SLOW: slow })
  const told = once(started?.stdout as NodeJS.ReadableStream, 'data')
  started?.kill('SIGKILL')
  expect(String(await told)).toBe('told 1\n')
})

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s is passed on', async (signal) => {
  const pid = await start(process.execPath, [BOOTSTRAP, 'node', '-e', RUNS_FOR_EVER])
  const exited = once(started as ChildProcess, 'exit')
  started?.kill(signal)
  await end(pid)
  expect((await exited)[0]).not.toBe(0)
})

test('the exit code is that of the command', async () => {
  const child = spawn(process.execPath, [BOOTSTRAP, 'node', '-e', 'process.exit(7)'], {
    env: { ...process.env, SWITCHYARD_BOOTSTRAPPED: '1' },
  })
  expect((await once(child, 'exit'))[0]).toBe(7)
})

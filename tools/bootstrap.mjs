// Makes a fresh clone ready and runs a command in it. Needs Node 18 or newer with npm, and nothing else:
// the package manager, and where the machine's Node is too old for the development tools a newer Node,
// are installed in folders of their own, from lockfiles.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashOf, isNewEnough, nodePackage } from './toolchain.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TOOLCHAIN = join(ROOT, 'tools', 'toolchain')
const STAMP = join(TOOLCHAIN, '.stamp')
const WINDOWS = process.platform === 'win32'
const PARENT_POLL_MS = 500

const COMMANDS = {
  start: [
    ['nx', 'run', '@switchyard/server:build', '--outputStyle=static'],
    ['node', '--import', './tools/stop-with-parent.mjs', 'apps/server/dist/main.js'],
  ],
  test: [['nx', 'run-many', '-t', 'build', 'lint', 'typecheck', 'test', '--outputStyle=static']],
  torture: [['nx', 'run-many', '-t', 'torture', '--outputStyle=static']],
  bench: [
    ['nx', 'run-many', '-t', 'build', '--outputStyle=static'],
    ['node', 'tools/bench/run.ts'],
  ],
}

/** What `npm run torture -- <name>` runs alone. */
const TORTURES = { file: '@switchyard/file', sqlite: '@switchyard/sqlite', switch: '@switchyard/tools' }

const [name = 'start', ...given] = process.argv.slice(2)
const rest = name === 'torture' ? tortureArgs(given) : given
try {
  const env = { ...(await prepare()), ...(name === 'torture' && { SWITCHYARD_TORTURE: '1' }) }
  const steps = COMMANDS[name] ?? [[name, ...rest]]
  for (const [i, step] of steps.entries()) {
    const isLast = i === steps.length - 1
    const code = await run(isLast && COMMANDS[name] !== undefined ? [...step, ...rest] : step, env)
    if (code !== 0) process.exit(code)
  }
} catch (error) {
  console.error(`bootstrap: ${error.message}`)
  process.exit(1)
}

function tortureArgs(names) {
  if (names.length === 0) return []
  const unknown = names.find((one) => !(one in TORTURES))
  if (unknown !== undefined) {
    console.error(
      `bootstrap: there is no torture '${unknown}'; there are: ${Object.keys(TORTURES).join(', ')}`,
    )
    process.exit(2)
  }
  return [`--projects=${names.map((one) => TORTURES[one]).join(',')}`]
}

/** Installs what is missing; the environment that finds it. */
async function prepare() {
  // Called by something that was started here.
  if (process.env.SWITCHYARD_BOOTSTRAPPED === '1') return process.env
  const pnpmBin = join(TOOLCHAIN, 'pnpm', 'node_modules', '.bin')
  const path = [join(ROOT, 'node_modules', '.bin'), pnpmBin]
  const wantsNode = !isNewEnough(process.versions.node)
  if (wantsNode) path.unshift(join(TOOLCHAIN, 'node', 'node_modules', nodePackage(), 'bin'))
  const env = {
    ...process.env,
    PATH: [...path, process.env.PATH].join(delimiter),
    NX_TUI: 'false',
    NX_DAEMON: 'false',
    SWITCHYARD_BOOTSTRAPPED: '1',
  }
  const stamp = hashOf(ROOT, wantsNode ? nodePackage() : process.versions.node)
  const upToDate =
    existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp && existsSync(join(ROOT, 'node_modules'))
  if (upToDate && path.slice(0, -1).every((folder) => existsSync(folder)) && existsSync(pnpmBin)) return env
  // An installation that is interrupted must not pass for the one before it.
  rmSync(STAMP, { force: true })
  if (wantsNode) {
    await install('node', `Node ${process.versions.node} is too old for the tools: installing a newer one`)
    // It is one of several optional packages, and npm does not fail where one of those is out of reach.
    if (!existsSync(path[0])) {
      throw new Error(
        `npm did not install ${nodePackage()}; is the npm registry reachable from here? Or install Node 22.19 or newer yourself`,
      )
    }
  }
  await install('pnpm', 'Installing pnpm')
  console.log('Installing the packages')
  const code = await run(['pnpm', 'install', '--frozen-lockfile', '--prefer-offline'], { ...env, CI: 'true' })
  exitIfStopped(code)
  if (code !== 0) throw new Error('pnpm could not install the packages; its messages above say why')
  writeFileSync(STAMP, stamp)
  return env
}

async function install(folder, message) {
  console.log(message)
  const args = ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const code = await run(['npm', ...args], process.env, join(TOOLCHAIN, folder))
  exitIfStopped(code)
  if (code === 0) return
  throw new Error(
    `npm could not install ${folder} (exit code ${code}); is the npm registry reachable from here?`,
  )
}

/** A step that a signal has ended is no failure to explain. */
function exitIfStopped(code) {
  if (code > 128) process.exit(code)
}

/**
 * Runs a command to its end and resolves to its exit code. It runs in a process group of its own, so that a signal
 * reaches it once, from here; and it ends when this process's parent is gone.
 */
function run([command, ...args], env, cwd = ROOT) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      // The channel closes when this process ends, even by SIGKILL; see stop-with-parent.mjs.
      stdio: command === 'node' ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
      detached: !WINDOWS,
      shell: WINDOWS,
    })
    const pass = (received) => {
      // Without its terminal the server is to stop in order, as it does on SIGTERM.
      const signal = received === 'SIGHUP' ? 'SIGTERM' : received
      try {
        if (WINDOWS) child.kill(signal)
        else process.kill(-child.pid, signal)
      } catch {
        // It has ended already.
      }
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
    for (const signal of signals) process.on(signal, pass)
    const starters = ancestors()
    const poll = setInterval(() => {
      if (ancestors() === starters) return
      // Once: to the server a second signal means to end at once.
      clearInterval(poll)
      pass('SIGTERM')
    }, PARENT_POLL_MS)
    const end = () => {
      clearInterval(poll)
      for (const signal of signals) process.off(signal, pass)
    }
    child.once('error', (error) => {
      end()
      reject(new Error(`cannot run ${command}: ${error.message}`))
    })
    child.once('exit', (code, signal) => {
      end()
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}

/** Who started this process: npm, with a shell between where the shell does not make room for what it runs. */
function ancestors() {
  const stat = `/proc/${process.ppid}/stat`
  // The name in brackets, the state, the parent.
  const [, name, grandparent] =
    /\((.*)\) \S (\d+)/.exec(existsSync(stat) ? readFileSync(stat, 'utf8') : '') ?? []
  return /^(ba|da|a)?sh$/.test(name) ? `${process.ppid} ${grandparent}` : `${process.ppid}`
}

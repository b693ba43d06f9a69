#!/usr/bin/env node
import { isStateError } from '@switchyard/core'
import { tokenCommand } from './access/token-command.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { runServer } from './run-server.ts'

const [command, ...args] = process.argv.slice(2)

try {
  if (command === undefined) await serve()
  else if (command === 'token') process.stdout.write(tokenCommand(args))
  else throw new ConfigError(`There is no command '${command}'; allowed: token, or none to serve`)
} catch (error) {
  if (!isForOperators(error)) throw error
  process.stderr.write(`switchyard: ${error.message}\n`)
  process.exit(1)
}

async function serve(): Promise<void> {
  const config = await loadConfig({ cwd: process.cwd(), env: process.env })
  process.exit(await runServer(config, stopSignal()))
}

/** Aborts with the first signal, which stops the server in order; the second one ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController()
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(exitCode)
      stop.abort(new Error(`${signal}: stopping`))
    })
  }
  return stop.signal
}

/** Whose message says what to do about it. */
function isForOperators(error: unknown): error is Error {
  if (error instanceof ConfigError || isStateError(error)) return true
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'listen'
}

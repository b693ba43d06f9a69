#!/usr/bin/env node
import { isStateError } from '@switchyard/core'
import { tokenCommand } from './access/token-command.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { createServer } from './create-server.ts'
import { stopOnSignals, stopWhenHalted } from './stop-on-signals.ts'

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
  const server = await createServer(config)
  stopOnSignals(server)
  stopWhenHalted(server)
  try {
    await server.listen()
  } catch (error) {
    await server.close()
    throw error
  }
}

/** Whose message says what to do about it. */
function isForOperators(error: unknown): error is Error {
  if (error instanceof ConfigError || isStateError(error)) return true
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'listen'
}

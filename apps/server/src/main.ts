#!/usr/bin/env node
import { isStateError } from '@switchyard/core'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { createServer } from './create-server.ts'
import { stopOnSignals } from './stop-on-signals.ts'

try {
  const config = await loadConfig({ cwd: process.cwd(), env: process.env })
  const server = await createServer(config)
  stopOnSignals(server)
  try {
    await server.listen()
  } catch (error) {
    await server.close()
    throw error
  }
} catch (error) {
  if (!isForOperators(error)) throw error
  process.stderr.write(`switchyard: ${error.message}\n`)
  process.exit(1)
}

/** Whose message says what to do about it. */
function isForOperators(error: unknown): error is Error {
  if (error instanceof ConfigError || isStateError(error)) return true
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall === 'listen'
}

import type { State } from '@switchyard/core'
import type { FastifyBaseLogger } from 'fastify'
import type { ApplySettings } from './runtime-config.ts'

export function applyLogLevel(log: FastifyBaseLogger): ApplySettings {
  return ({ logLevel }) => {
    log.level = logLevel
  }
}

export function applyCleanupInterval(state: State): ApplySettings {
  return ({ cleanupInterval }, previous) => {
    // Starting it anew would put the next cleanup off.
    if (cleanupInterval === previous.cleanupInterval) return
    if (cleanupInterval !== false) state.startCleanup(cleanupInterval)
    // It begins no cleanup from now on; the one under way may take its time.
    else void state.stopCleanup()
  }
}

import type { Logger } from './plugin.ts'

/** Warnings as Node's own: on standard error, or to who listens for `process.on('warning')`. */
export const processLogger: Logger = {
  warn: (message, detail) => {
    process.emitWarning(detail === undefined ? message : `${message}: ${String(detail)}`, 'SwitchyardWarning')
  },
}

/** A logger that throws must not make operations fail. */
export function quietly(logger: Logger): Logger {
  return {
    warn(message, detail) {
      try {
        logger.warn(message, detail)
      } catch (error) {
        processLogger.warn(message, detail)
        processLogger.warn('The logger failed', error)
      }
    },
  }
}

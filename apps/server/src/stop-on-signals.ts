import type { SwitchyardServer } from './create-server.ts'

/** After this long connections that still wait for something are cut. */
const CUT_AFTER_MS = 2500

/** After this long the process ends whatever is left. */
const EXIT_AFTER_MS = 4500

/** The first signal stops the server in order, within 5 s; the second at once. */
export function stopOnSignals({ app, close }: SwitchyardServer): void {
  let isStopping = false

  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const exitCode = signal === 'SIGINT' ? 130 : 143
    if (isStopping) process.exit(exitCode)
    isStopping = true
    app.log.info(`${signal}: stopping`)
    setTimeout(() => app.server.closeAllConnections(), CUT_AFTER_MS).unref()
    setTimeout(() => {
      app.log.error('Not everything has ended in time')
      process.exit(1)
    }, EXIT_AFTER_MS).unref()
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        app.log.error({ err: error }, 'Stopped with an error')
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal))
}

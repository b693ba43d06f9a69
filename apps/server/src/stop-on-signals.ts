import type { SwitchyardServer } from './create-server.ts'

/** After this long connections that still wait for something are cut. */
const CUT_AFTER_MS = 2500

/** After this long the process ends whatever is left. */
const EXIT_AFTER_MS = 4500

/** The first signal stops the server in order, within 5 s; the second at once. */
export function stopOnSignals(server: SwitchyardServer): void {
  let isStopping = false

  const stop = (signal: 'SIGINT' | 'SIGTERM'): void => {
    if (isStopping) process.exit(signal === 'SIGINT' ? 130 : 143)
    isStopping = true
    server.app.log.info(`${signal}: stopping`)
    exitInOrder(server, 0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal))
}

/** A server that cannot serve any more ends the process, for whoever starts it again. */
export function stopWhenHalted(server: SwitchyardServer): void {
  void server.halted.then((error) => {
    server.app.log.fatal({ err: error }, error.message)
    exitInOrder(server, 1)
  })
}

function exitInOrder({ app, close }: SwitchyardServer, exitCode: number): void {
  setTimeout(() => app.server.closeAllConnections(), CUT_AFTER_MS).unref()
  setTimeout(() => {
    app.log.error('Not everything has ended in time')
    process.exit(1)
  }, EXIT_AFTER_MS).unref()
  close().then(
    () => process.exit(exitCode),
    (error: unknown) => {
      app.log.error({ err: error }, 'Stopped with an error')
      process.exit(1)
    },
  )
}

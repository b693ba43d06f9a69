import { runServer } from '@switchyard/server'
import type { AddCommand } from '../run.ts'

/** The server, until Ctrl-C, as `switchyard-server` does. */
export function serveCommand(add: AddCommand): void {
  add(
    'serve',
    'run the server until Ctrl-C',
    (command) => command,
    async ({ config, signal }) => runServer(await config(), signal),
  )
}

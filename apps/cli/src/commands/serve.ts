import { once } from 'node:events'
import { createServer } from '@switchyard/server'
import { EXIT } from '../exit-codes.ts'
import type { AddCommand } from '../run.ts'

/** The server, until Ctrl-C. */
export function serveCommand(add: AddCommand): void {
  add(
    'serve',
    'run the server until Ctrl-C',
    (command) => command,
    async ({ config, signal }) => {
      const server = await createServer(await config())
      try {
        await server.listen()
        if (!signal.aborted) await once(signal, 'abort')
      } finally {
        await server.close()
      }
      return EXIT.ok
    },
  )
}

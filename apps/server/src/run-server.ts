import type { ServerConfig } from './config/settings.ts'
import { createServer, type SwitchyardServer } from './create-server.ts'

/** After this long connections that still wait for something are cut. */
const CUT_AFTER_MS = 2500

/** After this long nothing more is waited for. */
const GIVE_UP_AFTER_MS = 4500

/**
 * Serves until the signal aborts, or until nothing can be served any more, which is for whoever starts it again. Resolves
 * within 5 s of that to the exit code of the process, which is to end then, whatever is left.
 *
 * @throws StateError, ConfigError or an error of the system with the reason why it cannot be started
 */
export async function runServer(config: ServerConfig, signal: AbortSignal): Promise<number> {
  const stopped = whenAborted(signal)
  const starting = createServer(config)
  const server = await Promise.race([starting, stopped])
  if (server === undefined) {
    starting.then(({ close }) => close()).catch(() => undefined)
    return 0
  }
  const { app, halted, listen, close } = server
  try {
    await listen()
  } catch (error) {
    await close()
    throw error
  }
  const error = await Promise.race([halted, stopped])
  if (error === undefined) app.log.info(reasonOf(signal))
  else app.log.fatal({ err: error }, error.message)
  const isInOrder = await closeInTime(server)
  return isInOrder && error === undefined ? 0 : 1
}

function reasonOf({ reason }: { readonly reason: unknown }): string {
  return reason instanceof Error ? reason.message : String(reason)
}

function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
}

/** Whether everything has ended, and well. */
async function closeInTime({ app, close }: SwitchyardServer): Promise<boolean> {
  const late = Promise.withResolvers<false>()
  const cut = setTimeout(() => app.server.closeAllConnections(), CUT_AFTER_MS)
  const giveUp = setTimeout(() => {
    app.log.error('Not everything has ended in time')
    late.resolve(false)
  }, GIVE_UP_AFTER_MS)
  try {
    return await Promise.race([close().then(() => true), late.promise])
  } catch (error) {
    app.log.error({ err: error }, 'Stopped with an error')
    return false
  } finally {
    clearTimeout(cut)
    clearTimeout(giveUp)
  }
}

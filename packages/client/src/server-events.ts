import type { ServerSentEvent } from './event-stream.ts'
import type { SwitchStatus } from './switch-status.ts'
import type { Transport } from './transport.ts'
import { openWatch, type RemoteWatch, type RemoteWatchOptions } from './watch.ts'

/** Something that happened to the server. */
export type ServerEvent =
  /** A switch has come to another phase, or further in it. */
  | { readonly type: 'switch'; readonly status: SwitchStatus; readonly id: string }
  /** Settings were changed: `config` has them. */
  | { readonly type: 'config'; readonly version: string; readonly id: string }

/** Of the server's own keys, of whose changes nobody is told: a stream of them has what is about no key, and nothing else. */
const NO_CHANGES = '\u{10ffff}switchyard:'

const operation = 'watchServer'

export function watchServer(transport: Transport, options: RemoteWatchOptions): RemoteWatch<ServerEvent> {
  return openWatch(
    transport,
    {
      operation,
      prefix: NO_CHANGES,
      // Whoever may not see these events has a stream without them, and no error.
      admit: (calling) =>
        transport.answer({ operation, method: 'GET', path: '/v1/config', writes: false, options: calling }),
      tell: serverEvent,
    },
    options,
  )
}

function serverEvent({ event, data, id }: ServerSentEvent): ServerEvent | undefined {
  if (event === 'switch') return { type: 'switch', status: JSON.parse(data), id: id as string }
  return event === 'config' ? { type: 'config', ...JSON.parse(data), id } : undefined
}

import type { Transport } from './transport.ts'
import { missed, openWatch, type RemoteWatch, type RemoteWatchOptions } from './watch.ts'

/** Changes of keys with the prefix. */
export function watchChanges(transport: Transport, prefix: string, options: RemoteWatchOptions): RemoteWatch {
  return openWatch(
    transport,
    {
      operation: 'watch',
      prefix,
      tell({ event, data, id }) {
        // The server lost touch with its backend, to which others may have written meanwhile.
        if (event === 'reset') throw missed('watch')
        return event === 'change' ? { ...JSON.parse(data), id } : undefined
      },
    },
    options,
  )
}

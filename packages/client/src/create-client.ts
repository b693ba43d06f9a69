import { auditMethods } from './audit.ts'
import { backupMethods } from './backups.ts'
import { watchChanges } from './changes.ts'
import type { Client } from './client.ts'
import { configMethods } from './config.ts'
import { debugMethods } from './debug-state.ts'
import { listEntries, listKeys } from './listing.ts'
import { management } from './management.ts'
import { manyKeys } from './many-keys.ts'
import { oneKey } from './one-key.ts'
import { type ClientOptions, settingsOf } from './options.ts'
import { watchServer } from './server-events.ts'
import { createTransport } from './transport.ts'

/**
 * A client of the server at this URL. It makes no connection before the first call, and needs no closing.
 *
 * @throws StateError `INVALID_OPTIONS` naming the first option that is wrong
 */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(settingsOf(options))
  const one = oneKey(transport)
  const many = manyKeys(transport)
  return Object.freeze<Client>({
    ...one,
    ...many,
    ...management(transport),
    ...configMethods(transport),
    ...backupMethods(transport),
    ...auditMethods(transport),
    ...debugMethods(transport),
    get: async <T>(...request: Parameters<Client['get']>) => (await one.getEntry<T>(...request))?.value,
    getMany: async <T>(...request: Parameters<Client['getMany']>) =>
      (await many.getManyEntries<T>(...request)).map((entry) => entry?.value),
    keys: (listing = {}) => listKeys(transport, listing),
    entries: <T>(listing = {}) => listEntries<T>(transport, listing),
    watch: (prefix = '', watching = {}) => watchChanges(transport, prefix, watching),
    watchServer: (watching = {}) => watchServer(transport, watching),
  })
}

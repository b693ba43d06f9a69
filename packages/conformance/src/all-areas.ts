import type { Area } from './area.ts'
import type { AreaName } from './area-names.ts'
import { batches } from './areas/batches.ts'
import { close } from './areas/close.ts'
import { concurrency } from './areas/concurrency.ts'
import { concurrentTransactions } from './areas/concurrent-transactions.ts'
import { copies } from './areas/copies.ts'
import { declaration } from './areas/declaration.ts'
import { durability } from './areas/durability.ts'
import { errors } from './areas/errors.ts'
import { exactness } from './areas/exactness.ts'
import { expired } from './areas/expired.ts'
import { keys } from './areas/keys.ts'
import { lists } from './areas/lists.ts'
import { maintenance } from './areas/maintenance.ts'
import { namespaces } from './areas/namespaces.ts'
import { orderedLists } from './areas/ordered-lists.ts'
import { processes } from './areas/processes.ts'
import { races } from './areas/races.ts'
import { random } from './areas/random.ts'
import { serviceLists } from './areas/service-lists.ts'
import { serviceTransactions } from './areas/service-transactions.ts'
import { serviceTtl } from './areas/service-ttl.ts'
import { serviceValues } from './areas/service-values.ts'
import { sharing } from './areas/sharing.ts'
import { suddenEnd } from './areas/sudden-end.ts'
import { transactions } from './areas/transactions.ts'
import { ttl } from './areas/ttl.ts'
import { updates } from './areas/updates.ts'
import { values } from './areas/values.ts'
import { versions } from './areas/versions.ts'
import { watch } from './areas/watch.ts'

/** All there is to check, in the order of the report. */
export const AREAS: Readonly<Record<AreaName, readonly Area[]>> = {
  declaration: [declaration],
  keys: [keys],
  values: [values, serviceValues],
  versions: [versions],
  ttl: [ttl, expired, serviceTtl],
  lists: [lists, orderedLists, serviceLists],
  batches: [batches, copies],
  updates: [updates],
  transactions: [transactions, serviceTransactions],
  namespaces: [namespaces],
  maintenance: [maintenance],
  watch: [watch],
  errors: [errors],
  close: [close],
  concurrency: [concurrency, races, concurrentTransactions],
  durability: [durability, suddenEnd],
  processes: [processes, sharing, exactness],
  random: [random],
}

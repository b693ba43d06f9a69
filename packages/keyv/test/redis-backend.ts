import KeyvRedis from '@keyv/redis'
import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { keyv } from '../src/index.ts'

/** Where the server of a test file is, for this process and those that it starts. */
export const REDIS_URL = 'SWITCHYARD_TEST_REDIS'

export const create = ({ id }: Place): Backend =>
  keyv({ store: () => new KeyvRedis(process.env[REDIS_URL], { namespace: id }), shared: true })

/** Removes what a case has left, so that the next ones do not scan it. */
export async function destroy({ id }: Place): Promise<void> {
  const adapter = new KeyvRedis(process.env[REDIS_URL], { namespace: id })
  await adapter.clear()
  await adapter.disconnect()
}

import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { command } from '@switchyard/services'
import { type RedisOptions, redis } from '../src/index.ts'

/** Where the server of a test file is, for this process and those that it starts. */
const VARIABLE = 'SWITCHYARD_TEST_REDIS'

interface Address {
  readonly options: RedisOptions
  /** Of the masters, now. */
  readonly ports: readonly number[]
}

export function useRedis(address: Address): void {
  process.env[VARIABLE] = JSON.stringify(address)
}

function address(): Address {
  return JSON.parse(process.env[VARIABLE] ?? '') as Address
}

export const create = ({ id, variant }: Place): Backend =>
  redis({
    ...address().options,
    ...(variant === 'plain'
      ? { layout: 'plain', prefix: `switchyard:${id}/` }
      : { prefix: `switchyard:${id}` }),
  })

/** Removes what a case has left, so that the next ones do not scan it. */
export async function destroy({ id }: Place): Promise<void> {
  for (const port of address().ports) await command(port, ['EVAL', REMOVE, '0', `switchyard:${id}*`])
}

const REMOVE = `#!lua flags=allow-cross-slot-keys
local cursor = '0'
repeat
  local reply = redis.call('SCAN', cursor, 'MATCH', ARGV[1], 'COUNT', 1000)
  cursor = reply[1]
  for _, name in ipairs(reply[2]) do redis.call('UNLINK', name) end
until cursor == '0'
return 1
`

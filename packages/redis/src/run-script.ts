import type { Command } from './client.ts'
import type { Connection, SendOptions } from './connection.ts'
import { isReply } from './errors.ts'
import type { Script } from './scripts.ts'

/** Runs a script by its digest; Redis gets the whole of it only where it does not know it. */
export async function runScript(
  connection: Connection,
  { sha, source }: Script,
  keys: readonly string[],
  args: Command,
  options: SendOptions,
): Promise<unknown> {
  const rest = [String(keys.length), ...keys, ...args]
  const name = keys[0] as string
  try {
    return await connection.send(name, ['EVALSHA', sha, ...rest], options)
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined
    if (!isReply(cause) || !cause.message.startsWith('NOSCRIPT')) throw error
    return connection.send(name, ['EVAL', source, ...rest], options)
  }
}

import { type Client, isIdle } from './client.ts'

/** How often connections are looked at. */
export const LOOK_MS = 500
/** How long a server that is asked something may send no byte before the connection counts as lost. */
export const SILENCE_MS = 5000
/** Redis says nothing while a large value is on its way to it, and slow networks carry so much. */
const BYTES_PER_MS = 1000

/** Tells the connections on which nothing comes back. */
export interface Silence {
  /** Called every {@link LOOK_MS}. @param bytes about what is on its way to Redis */
  isSilent(client: Client, bytes: number): boolean
}

/**
 * Silence, and not the age of the oldest command: a large value may take long. It is counted in looks, so that the time
 * in which this process itself was busy is no silence of the server's.
 */
export function createSilence(): Silence {
  const looks = new WeakMap<Client, number>()

  function listen(client: Client): void {
    const { decoder } = client._getQueue()
    const write = decoder.write
    decoder.write = (chunk) => {
      looks.set(client, 0)
      write.call(decoder, chunk)
    }
  }

  return {
    isSilent(client, bytes) {
      const before = looks.get(client)
      if (before === undefined) listen(client)
      const silent = isIdle(client) ? 0 : (before ?? 0) + 1
      looks.set(client, silent)
      return silent * LOOK_MS > SILENCE_MS + bytes / BYTES_PER_MS
    },
  }
}

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RunningServer, type StartOptions, startServer } from './start-server.ts'

/** Where the cases' servers are asked for, for this process and those that it starts. */
const VARIABLE = 'SWITCHYARD_TEST_PLACES'

export interface Places {
  close(): Promise<void>
}

interface Lent {
  readonly server: Promise<RunningServer>
  /** Another process has used it, which may have been killed in the middle of a write. */
  shared: boolean
}

/**
 * A Switchyard server for each place that is asked for. One that is not needed any more is emptied and serves another
 * place, as starting a server takes longer than most cases; never two places at a time.
 */
export async function servePlaces(options: () => StartOptions): Promise<Places> {
  const lent = new Map<string, Lent>()
  const free: RunningServer[] = []

  function lend(place: string): Lent {
    const ready = free.pop()
    const one = {
      server: ready === undefined ? startServer(options()) : Promise.resolve(ready),
      shared: false,
    }
    lent.set(place, one)
    return one
  }

  async function takeBack(place: string): Promise<void> {
    const one = lent.get(place)
    if (one === undefined) return
    lent.delete(place)
    const server = await one.server
    if (!one.shared && (await isEmptied(server))) free.push(server)
    else await server.close()
  }

  const places = createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), 'http://places')
    const answer = async (): Promise<string> => {
      if (request.method === 'DELETE') {
        await takeBack(pathname)
        return ''
      }
      const one = lent.get(pathname) ?? lend(pathname)
      one.shared ||= searchParams.get('pid') !== String(process.pid)
      return (await one.server).url
    }
    void answer().then(
      (text) => response.end(text),
      (error) => response.writeHead(500).end(String(error)),
    )
  })

  await new Promise<void>((resolve) => places.listen(0, '127.0.0.1', resolve))
  process.env[VARIABLE] = `http://127.0.0.1:${(places.address() as AddressInfo).port}`
  return {
    async close() {
      const all = [...free, ...(await Promise.all([...lent.values()].map(({ server }) => server)))]
      await Promise.all([closed(places), ...all.map((server) => server.close())])
    },
  }
}

/** Whether the server is as a new one; what was asked of it has been answered or can not be done any more. */
async function isEmptied(server: RunningServer): Promise<boolean> {
  await server.disconnected()
  const { state } = server
  await state.clear()
  await state.cleanup()
  const { keys, expired } = await state.stats()
  return keys === 0 && expired === 0
}

/** The URL of the place's server. */
export function serverOf(id: string): Promise<string> {
  return ask(`${id}?pid=${process.pid}`, 'GET')
}

export async function endServerOf(id: string): Promise<void> {
  await ask(id, 'DELETE')
}

async function ask(path: string, method: string): Promise<string> {
  const response = await fetch(`${process.env[VARIABLE]}/${path}`, { method })
  const text = await response.text()
  if (!response.ok) throw new Error(`No server for the place: ${text}`)
  return text
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}

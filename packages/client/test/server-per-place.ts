import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type RunningServer, type StartOptions, startServer } from './start-server.ts'

/** Where the cases' servers are asked for, for this process and those that it starts. */
const VARIABLE = 'SWITCHYARD_TEST_PLACES'

/** Starts a Switchyard server for each place that is asked for, and ends it when the place is not needed any more. */
export async function servePlaces(options: () => StartOptions): Promise<Server> {
  const servers = new Map<string, Promise<RunningServer>>()
  const places = createServer((request, response) => {
    void answer(request.method, String(request.url)).then((text) => response.end(text))
  })

  async function answer(method: string | undefined, place: string): Promise<string> {
    const server = servers.get(place) ?? startServer(options())
    servers.set(place, server)
    if (method !== 'DELETE') return (await server).url
    servers.delete(place)
    await (await server).close()
    return ''
  }

  await new Promise<void>((resolve) => places.listen(0, '127.0.0.1', resolve))
  process.env[VARIABLE] = `http://127.0.0.1:${(places.address() as AddressInfo).port}`
  return places
}

/** The URL of the place's server. */
export async function serverOf(id: string): Promise<string> {
  return (await fetch(`${process.env[VARIABLE]}/${id}`)).text()
}

export async function endServerOf(id: string): Promise<void> {
  await fetch(`${process.env[VARIABLE]}/${id}`, { method: 'DELETE' })
}

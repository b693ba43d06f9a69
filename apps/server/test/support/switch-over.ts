import { json, type RunningServer } from './start-server.ts'

/** Begins a switch; resolves with its id. */
export async function beginSwitch(server: RunningServer, options: object): Promise<string> {
  const response = await fetch(`${server.url}/v1/switch`, json('POST', options))
  const { id } = (await response.json()) as { readonly id: string }
  return id
}

/** Resolves with the phase in which the switch has ended. */
export async function endOfSwitch(server: Pick<RunningServer, 'url'>, id: string): Promise<string> {
  for (;;) {
    const { phase } = (await (await fetch(`${server.url}/v1/switch/${id}`)).json()) as { phase: string }
    if (['done', 'aborted', 'failed'].includes(phase)) return phase
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

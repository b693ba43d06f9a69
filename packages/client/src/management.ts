import type { CallOptions } from '@switchyard/core'
import { type Call, inUrl, post } from './call.ts'
import type { Client, RemoteBackend } from './client.ts'
import type { SwitchStatus } from './switch-status.ts'
import { parseJson, type Transport } from './transport.ts'

type Management = Pick<
  Client,
  | 'backends'
  | 'stats'
  | 'cleanup'
  | 'optimize'
  | 'switchTo'
  | 'planSwitch'
  | 'switchStatus'
  | 'abortSwitch'
  | 'rollbackSwitch'
  | 'completeSwitch'
>

/** The calls about backends and switches. */
export function management(transport: Transport): Management {
  const get = (operation: string, path: string, options: CallOptions | undefined): Call => ({
    operation,
    method: 'GET',
    path,
    writes: false,
    options,
  })

  /** Without a body. */
  const act = <T>(operation: string, path: string, options: CallOptions | undefined): Promise<T> =>
    transport.json({ operation, method: 'POST', path, writes: true, options })

  const change = async (
    id: string,
    action: string,
    options: CallOptions | undefined,
  ): Promise<SwitchStatus> => act(`${action}Switch`, `/v1/switch/${inUrl(id)}/${action}`, options)

  return {
    async backends(options) {
      const call = get('backends', '/v1/backends', options)
      return (await transport.json<{ readonly backends: readonly RemoteBackend[] }>(call)).backends
    },
    stats: (options) => transport.json(get('stats', '/v1/stats', options)),
    cleanup: (options) => act('cleanup', '/v1/cleanup', options),
    optimize: (options) => act('optimize', '/v1/optimize', options),
    switchTo(to, { signal, timeoutMs, ...switchOptions } = {}) {
      const options = callOptions(signal, timeoutMs)
      return transport.json(
        post('switchTo', '/v1/switch', { to, ...switchOptions }, { writes: true, options }),
      )
    },
    planSwitch(to, { signal, timeoutMs, ...switchOptions } = {}) {
      const options = callOptions(signal, timeoutMs)
      const document = { to, ...switchOptions, dryRun: true }
      return transport.json(post('planSwitch', '/v1/switch', document, { writes: false, options }))
    },
    async switchStatus(id, options) {
      const path = id === undefined ? '/v1/switch' : `/v1/switch/${inUrl(id)}`
      const call = get('switchStatus', path, options)
      const answer = await transport.find(call)
      return answer === undefined ? undefined : parseJson(answer, call)
    },
    abortSwitch: (id, options) => change(id, 'abort', options),
    rollbackSwitch: (id, options) => change(id, 'rollback', options),
    completeSwitch: (id, options) => change(id, 'complete', options),
  }
}

function callOptions(signal: AbortSignal | undefined, timeoutMs: number | undefined): CallOptions {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
}

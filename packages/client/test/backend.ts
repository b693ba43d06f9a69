import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { type RemoteOptions, remote } from '../src/index.ts'
import { endServerOf, serverOf } from './places.ts'

/** What is counted on of the server's backend. */
const CAPABILITIES: Readonly<Record<string, RemoteOptions['capabilities']>> = {
  sqlite: {},
  least: { transactions: false, durable: false, ordered: false },
}

export const create = async ({ id, variant = '' }: Place): Promise<Backend> =>
  remote({ url: await serverOf(id), capabilities: CAPABILITIES[variant] })

export const destroy = ({ id }: Place): Promise<void> => endServerOf(id)

import { join } from 'node:path'
import { type Backend, createState, type State, type SwitchProgress } from '@switchyard/core'
import { checkHistories, type HistoriesReport } from './check-histories.ts'
import { readAll, startClients } from './clients.ts'
import { createRecorder, now, type Recorder, readHistories } from './recorder.ts'

export interface BackAndForthOptions {
  /** Two of them. */
  readonly backends: Readonly<Record<string, Backend>>
  /** For the journal and the history. */
  readonly folder: string
  /** In each direction; half as many are rolled back, and that rolled back again. */
  readonly switches: number
  /** Operations in a second. Default 2,000. */
  readonly rate?: number
  /** Keys that are there from the start. Default 3,000. */
  readonly keys?: number
  /** How long every second operation may take. Default: as long as the state lets it. */
  readonly timeoutMs?: number
}

export interface BackAndForthReport extends HistoriesReport {
  readonly operationsPerSecond: number
  readonly ended: readonly SwitchProgress[]
}

/** Switches from one backend to the other and back under traffic, and checks the history of every key. */
export async function switchBackAndForth(options: BackAndForthOptions): Promise<BackAndForthReport> {
  const { backends, folder, switches, rate = 2000, keys = 3000, timeoutMs } = options
  const [one = '', other = ''] = Object.keys(backends)
  const state = await createState({
    backends,
    active: one,
    journal: join(folder, 'journal.json'),
    cleanupInterval: 500,
  })
  const log = join(folder, 'history')
  const recorder = createRecorder(log)
  const ended: SwitchProgress[] = []
  let operationsPerSecond = 0
  try {
    await fill(state, recorder, keys)
    const begun = { at: now(), count: recorder.count }
    const clients = startClients({
      state,
      recorder,
      seed: 1,
      rate,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    for (let i = 0; i < 2 * switches; i++) {
      const to = i % 2 === 0 ? other : one
      const run = await state.switchTo(to, { replace: true, allowVolatile: true, exclusive: true })
      ended.push(await run.done)
      if (i % 4 === 0) {
        const back = await run.rollback({ exclusive: true })
        ended.push(await back.done)
        ended.push(await (await back.rollback({ exclusive: true })).done)
      } else await run.complete()
    }
    await clients.stop()
    operationsPerSecond = ((recorder.count - begun.count) * 1000) / (now() - begun.at)
    await readAll(state, recorder, readHistories([log]).keys())
  } finally {
    await state.close()
    recorder.close()
  }
  return { ...checkHistories(readHistories([log])), operationsPerSecond, ended }
}

async function fill(state: State, recorder: Recorder, keys: number): Promise<void> {
  for (let i = 0; i < keys; i += 500) {
    const entries = Array.from({ length: Math.min(500, keys - i) }, (_, j) => ({
      key: `still:${i + j}`,
      value: `still ${i + j}`,
      ...((i + j) % 3 === 0 && { ttl: '1h' as const }),
    }))
    const calls = entries.map(({ key, value, ttl }) =>
      recorder.called(key, { op: 'set', value, ...(ttl !== undefined && { ttlMs: 3_600_000 }) }),
    )
    const written = await state.setMany(entries)
    for (const [j, id] of calls.entries()) recorder.answered(id, { status: 'ok', ...written[j] })
  }
}

/** One line for people. */
export function describeReport({ ended, operations, operationsPerSecond }: BackAndForthReport): string {
  const pauses = ended.map(({ pauseMs }) => pauseMs).toSorted((a, b) => a - b)
  const at = (share: number): string => (pauses[Math.floor(share * (pauses.length - 1))] ?? 0).toFixed(1)
  return `${ended.length} switches, pause ${at(0.5)} ms in the median and ${at(1)} ms at most; ${operations} operations, ${Math.round(operationsPerSecond)} in a second`
}

import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { createState, type State } from '@switchyard/core'
import { startRedis } from '@switchyard/services'
import { BACKEND_NAMES, type BackendName, openBackend } from '../../switching/backends.ts'
import { COUNT, items, keyAt, scatteredKeyAt, valueAt } from '../data.ts'
import { PAUSE_AT_MOST_MS, THROUGHPUT_AT_LEAST } from '../goals.ts'
import { quartiles } from '../quartiles.ts'
import { table, verdict } from '../report.ts'
import { inTemporaryFolder } from './part.ts'

/** Switches of each pair, with traffic without a switch before each. */
const ROUNDS = 3
const WORKERS = 16
const QUIET_MS = 1000

interface Traffic {
  /** Operations in a second while the work lasts. */
  rateDuring(work: () => Promise<unknown>): Promise<number>
  stop(): Promise<void>
}

/** Half gets and half sets, one after the other by each worker. */
function startTraffic(state: State): Traffic {
  let count = 0
  let isOver = false
  const workers = Array.from({ length: WORKERS }, async (_, start) => {
    for (let i = start; !isOver; i += WORKERS) {
      if (i % 2 === 0) await state.get(scatteredKeyAt(i))
      else await state.set(keyAt(i), valueAt(i))
      count++
      // A backend in memory answers at once; others must have their turn.
      if (count % 64 === 0) await new Promise(setImmediate)
    }
  })
  return {
    async rateDuring(work) {
      const [before, started] = [count, performance.now()]
      await work()
      return ((count - before) * 1000) / (performance.now() - started)
    },
    async stop() {
      isOver = true
      await Promise.all(workers)
    },
  }
}

interface Measured {
  readonly share: number
  readonly pauseMs: number
  /** Of the pause, in their order. */
  readonly waitMs: number
  readonly copyMs: number
  readonly settleMs: number
  readonly commitMs: number
  readonly seconds: number
}

async function measure(
  from: BackendName,
  to: BackendName,
  folder: string,
  redisUrl: string,
): Promise<readonly Measured[]> {
  const measured: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const place = { folder: mkdtempSync(join(folder, 'pair-')), redisUrl, prefix: `${from}-${to}-${round}` }
    const state = await createState({
      backends: { [from]: openBackend(from, place), [to]: openBackend(to, place) },
      active: from,
      journal: join(place.folder, 'journal.json'),
      cleanupInterval: false,
    })
    for (let i = 0; i < COUNT; i += 1000) await state.setMany(items.slice(i, i + 1000))
    const traffic = startTraffic(state)
    const quiet = await traffic.rateDuring(() => new Promise((resolve) => setTimeout(resolve, QUIET_MS)))
    const started = performance.now()
    let pause = { pauseMs: 0, waitMs: 0, copyMs: 0, settleMs: 0, commitMs: 0 }
    const busy = await traffic.rateDuring(async () => {
      const run = await state.switchTo(to, { allowVolatile: true, exclusive: true })
      const { pauseMs, pauseParts } = await run.done
      pause = { ...pause, pauseMs, ...pauseParts }
    })
    measured.push({ share: busy / quiet, ...pause, seconds: (performance.now() - started) / 1000 })
    await traffic.stop()
    await state.close()
  }
  return measured
}

export function switchPart(): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const redis = await startRedis()
    try {
      const rows: string[][] = []
      for (const from of BACKEND_NAMES) {
        for (const to of BACKEND_NAMES.filter((name) => name !== from)) {
          const measured = await measure(from, to, folder, redis.url)
          const of = (field: keyof Measured): number => quartiles(measured.map((one) => one[field])).median
          const longest = Math.max(...measured.map(({ pauseMs }) => pauseMs))
          const seconds = of('seconds')
          rows.push([
            `${from} to ${to}`,
            `${of('pauseMs').toFixed(1)} (${longest.toFixed(1)})`,
            (['waitMs', 'copyMs', 'settleMs', 'commitMs'] as const)
              .map((part) => of(part).toFixed(1))
              .join(' + '),
            longest <= PAUSE_AT_MOST_MS ? 'met' : 'missed',
            of('share').toFixed(2),
            verdict(of('share'), THROUGHPUT_AT_LEAST),
            seconds.toFixed(1),
            `${Math.round(COUNT / seconds / 1000)}k`,
          ])
        }
      }
      const head = [
        '100,000 keys, 16 workers, half get, half set',
        'pause in ms, median (longest)',
        'waiting + copying + comparing and syncing + committing',
        `<= ${PAUSE_AT_MOST_MS} ms`,
        'operations during the switch, of those before it',
        `>= ${THROUGHPUT_AT_LEAST}`,
        'seconds in all',
        'keys per second, copied and compared',
      ]
      return `## Switching under traffic\n\n${table(head, rows)}`
    } finally {
      await redis.stop()
    }
  })
}

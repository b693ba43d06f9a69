import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createState } from '@switchyard/core'
import {
  bundleProgram,
  isRedisWanted,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BackendName, openBackend, type Place } from '../switching/backends.ts'
import { checkHistories } from '../switching/check-histories.ts'
import { readAll } from '../switching/clients.ts'
import { FAILPOINTS, type Failpoint } from '../switching/failpoints.ts'
import { createRecorder, readHistories } from '../switching/recorder.ts'
import type { VictimOptions } from '../switching/victim.ts'

/** How often the process ends at each failpoint, shared by the pairs of backends. */
const ROUNDS = process.env['SWITCHYARD_TORTURE'] === '1' ? 50 : 10
/** Of a process that was killed, until it serves again, as a rule: the machine may be busy with others at any moment. */
const MAX_RECOVERY_MS = 2000

let redis: RedisServer | undefined
let cluster: RedisCluster | undefined
let folder: string
let victim: { readonly path: string; readonly folder: string }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-killed-'))
  victim = await bundleProgram(fileURLToPath(new URL('../switching/victim.ts', import.meta.url)))
  if (!isRedisWanted()) return
  redis = await startRedis()
  cluster = await startRedisCluster()
})
afterAll(async () => {
  await redis?.stop()
  await cluster?.stop()
  for (const made of [folder, victim.folder]) rmSync(made, { recursive: true })
})

const PAIRS: readonly (readonly [BackendName, BackendName])[] = [
  ['file', 'sqlite'],
  ['sqlite', 'redis'],
  ['redis', 'file'],
  ['redis', 'cluster'],
]
const wanted = PAIRS.filter((pair) => isRedisWanted() || !pair.some((name) => name === 'redis'))

/** What the process said when it served; undefined if it ended before, while it recovered. */
async function runVictim(
  options: VictimOptions,
): Promise<{ readonly active: string; readonly servesAfterMs: number } | undefined> {
  const child = spawn(process.execPath, ['--no-warnings', victim.path, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text) => {
    output += String(text)
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  return output === '' ? undefined : JSON.parse(output)
}

/** Every pair gets its share of the rounds, with each failpoint about as often. */
function failpointsOf(index: number): readonly Failpoint[] {
  const all = Array.from({ length: ROUNDS }, () => FAILPOINTS).flat()
  return all.filter((_, i) => i % wanted.length === index)
}

describe.concurrent('a process that is killed in a switch', () => {
  test.each(wanted.map((pair, index) => [...pair, index] as const))(
    'comes back on the right one of %s and %s, with everything that was acknowledged',
    async (one, other, index) => {
      const own = mkdtempSync(join(folder, 'pair-'))
      const place: Place = {
        folder: own,
        prefix: `${one}-${other}`,
        ...(redis && { redisUrl: redis.url }),
        ...(cluster && { clusterUrls: cluster.urls }),
      }
      const logs: string[] = []
      const served = new Map<string, number>()
      const recoveries: number[] = []
      for (const [seed, failpoint] of failpointsOf(index).entries()) {
        const log = join(own, `history-${seed}`)
        const said = await runVictim({
          names: [one, other],
          place,
          failpoint,
          log,
          seed: seed + 1,
        })
        if (said === undefined) continue
        logs.push(log)
        served.set(said.active, (served.get(said.active) ?? 0) + 1)
        recoveries.push(said.servesAfterMs)
      }
      const state = await createState({
        backends: { [one]: openBackend(one, place), [other]: openBackend(other, place) },
        active: one,
        journal: join(own, 'journal.json'),
      })
      const last = join(own, 'history-last')
      const recorder = createRecorder(last)
      await readAll(state, recorder, readHistories(logs).keys())
      await state.close()
      recorder.close()

      const report = checkHistories(readHistories([...logs, last]))
      expect(report.violations).toEqual([])
      expect(report.undecided).toEqual([])
      const median = recoveries.toSorted((a, b) => a - b)[recoveries.length >> 1] as number
      expect(median).toBeLessThan(MAX_RECOVERY_MS)
      // It was killed on either side of commits.
      expect(served.size).toBe(2)
      console.log(
        `${one} and ${other}: ${failpointsOf(index).length} kills, ${report.operations} operations; served again after ${median.toFixed(0)} ms, ${Math.max(...recoveries).toFixed(0)} at most`,
      )
    },
    ROUNDS * 60_000,
  )
})

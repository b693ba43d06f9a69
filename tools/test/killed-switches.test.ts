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
/** Of a process that was killed, until it serves again. */
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

/** What the process said when it served. */
async function runVictim(
  options: VictimOptions,
): Promise<{ readonly active: string; readonly servesAfterMs: number }> {
  const child = spawn(process.execPath, ['--no-warnings', victim.path, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', (text) => {
    output += String(text)
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  return JSON.parse(output)
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
      let slowest = 0
      for (const [seed, failpoint] of failpointsOf(index).entries()) {
        const log = join(own, `history-${seed}`)
        logs.push(log)
        const { active, servesAfterMs } = await runVictim({
          names: [one, other],
          place,
          failpoint,
          log,
          seed: seed + 1,
        })
        served.set(active, (served.get(active) ?? 0) + 1)
        slowest = Math.max(slowest, servesAfterMs)
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
      expect(slowest).toBeLessThan(MAX_RECOVERY_MS)
      // It was killed on either side of commits.
      expect(served.size).toBe(2)
      console.log(
        `${one} and ${other}: ${logs.length} kills, ${report.operations} operations; served again after ${slowest.toFixed(0)} ms at most`,
      )
    },
    ROUNDS * 60_000,
  )
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { memory } from '@switchyard/memory'
import {
  isRedisWanted,
  type RedisCluster,
  type RedisServer,
  startRedis,
  startRedisCluster,
} from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeReport, switchBackAndForth } from '../switching/back-and-forth.ts'
import { type BackendName, openBackend, type Place, pairs } from '../switching/backends.ts'
import { delayed } from '../switching/delayed-backend.ts'
import { FAR_AWAY, MAX_DELAY_MS } from '../switching/far-away.ts'
import { MUTANTS } from '../switching/mutants.ts'
import { run } from './command.ts'
import { ROOT } from './workspace.ts'

/** In each direction. */
const SWITCHES = process.env['SWITCHYARD_TORTURE'] === '1' ? 100 : 20
const FAR_AWAY_SWITCHES = 20

let redis: RedisServer | undefined
let cluster: RedisCluster | undefined
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-switching-'))
  if (!isRedisWanted()) return
  redis = await startRedis()
  cluster = await startRedisCluster()
})
afterAll(async () => {
  await redis?.stop()
  await cluster?.stop()
  rmSync(folder, { recursive: true })
})

const ALL: readonly (readonly [BackendName, BackendName])[] = [...pairs(), ['redis', 'cluster']]
const wanted = ALL.filter((pair) => isRedisWanted() || !pair.includes('redis'))

describe('under traffic from ten clients every history of a key is linearizable', () => {
  test.each(wanted)(
    `switching between %s and %s, ${SWITCHES} times each way`,
    async (one, other) => {
      const own = mkdtempSync(join(folder, 'pair-'))
      const place: Place = {
        folder: own,
        prefix: `${one}-${other}`,
        ...(redis && { redisUrl: redis.url }),
        ...(cluster && { clusterUrls: cluster.urls }),
      }
      const backends = { [one]: openBackend(one, place), [other]: openBackend(other, place) }
      const report = await switchBackAndForth({ backends, folder: own, switches: SWITCHES })
      expect(report.violations).toEqual([])
      expect(report.undecided).toEqual([])
      expect(report.operationsPerSecond).toBeGreaterThan(1000)
      console.log(`${one} and ${other}: ${describeReport(report)}`)
    },
    SWITCHES * 20_000,
  )

  // The clients make new keys all the time, and each switch copies all there are: many short runs, not a long one.
  test.each(Array.from({ length: SWITCHES / FAR_AWAY_SWITCHES }, (_, i) => i + 1))(
    'switching between two backends whose calls overtake each other, run %i',
    async () => {
      const own = mkdtempSync(join(folder, 'pair-'))
      const backends = { one: delayed(memory(), MAX_DELAY_MS), other: delayed(memory(), MAX_DELAY_MS) }
      const options = { ...FAR_AWAY, backends, folder: own, switches: FAR_AWAY_SWITCHES }
      const report = await switchBackAndForth(options)
      expect(report.violations).toEqual([])
      expect(report.undecided).toEqual([])
      console.log(`far away: ${describeReport(report)}`)
    },
    FAR_AWAY_SWITCHES * 20_000,
  )
})

describe.concurrent('the same test catches every naive variant', () => {
  const hooks = fileURLToPath(new URL('../switching/mutate.ts', import.meta.url))
  const program = fileURLToPath(new URL('../switching/far-away.ts', import.meta.url))

  test.each(MUTANTS.map(({ name }) => name))(
    '%s',
    async (name) => {
      const report = JSON.parse(
        await run(process.execPath, ['--no-warnings', '--import', hooks, program], {
          cwd: ROOT,
          env: { ...process.env, MUTANT: name },
        }),
      )
      expect(report.violations).toBeGreaterThan(0)
    },
    180_000,
  )
})

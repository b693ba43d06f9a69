import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Backend, createState, isStateError, type State, type SwitchPhase } from '@switchyard/core'
import { file } from '@switchyard/file'
import { redis } from '@switchyard/redis'
import { isRedisWanted, type RedisServer, startRedis } from '@switchyard/services'
import { sqlite } from '@switchyard/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { checkHistories } from '../switching/check-histories.ts'
import { readAll, startClients } from '../switching/clients.ts'
import { createRecorder, readHistories } from '../switching/recorder.ts'

interface Traffic {
  readonly state: State
  /** Resolves when a switch comes to this phase. */
  reaches(phase: SwitchPhase): Promise<void>
  /** Ends the traffic and expects that every history of a key is linearizable. */
  expectNothingLost(): Promise<void>
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-failing-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A state in SQLite under traffic, with something else to switch to. */
async function underTraffic(target: Backend, keys = 2000): Promise<Traffic> {
  const folder = temporaryFolder()
  const state = await createState({
    backends: { source: sqlite({ path: join(folder, 'state.db') }), target },
    active: 'source',
    journal: join(folder, 'journal.json'),
    logger: { warn: () => {} },
  })
  onTestFinished(() => state.close())
  await state.setMany(Array.from({ length: keys }, (_, i) => ({ key: `still:${i}`, value: 'x'.repeat(200) })))
  const log = join(folder, 'history')
  const recorder = createRecorder(log)
  const clients = startClients({ state, recorder, seed: 7, rate: 1500 })
  onTestFinished(() => clients.stop())
  await sleep(100)
  return {
    state,
    reaches: (phase) =>
      new Promise((resolve) => {
        const stop = state.on('switch', (progress) => {
          if (progress.phase !== phase) return
          stop()
          resolve()
        })
      }),
    async expectNothingLost() {
      await sleep(200)
      await clients.stop()
      await readAll(state, recorder, readHistories([log]).keys())
      const report = checkHistories(readHistories([log]))
      expect(report.violations).toEqual([])
      expect(report.undecided).toEqual([])
      expect(report.operations).toBeGreaterThan(200)
      expect(
        (await state.getMany(Array.from({ length: keys }, (_, i) => `still:${i}`))).every(
          (value) => value === 'x'.repeat(200),
        ),
      ).toBe(true)
    },
  }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'ok'
  } catch (error) {
    if (isStateError(error)) return error.code
    throw error
  }
}

const OPTIONS = { exclusive: true } as const

async function ownRedis(args: readonly string[] = []): Promise<RedisServer> {
  const server = await startRedis({ args })
  onTestFinished(() => server.stop())
  return server
}

describe.runIf(isRedisWanted())('a switch to a Redis', () => {
  test('that is down is refused, and works once it is there', async () => {
    const server = await ownRedis()
    const { state, expectNothingLost } = await underTraffic(redis({ url: server.url, connectTimeoutMs: 300 }))
    await server.kill()
    expect(await codeOf(state.switchTo('target', OPTIONS))).toBe('UNAVAILABLE')
    expect(state.backends.active).toBe('source')
    await server.restart()
    await (await state.switchTo('target', OPTIONS)).done
    expect(state.backends.active).toBe('target')
    await expectNothingLost()
  })

  test('that fails in the middle of the copy is given up, and works once it is back', async () => {
    const server = await ownRedis()
    const { state, expectNothingLost } = await underTraffic(redis({ url: server.url }))
    const run = await state.switchTo('target', { ...OPTIONS, maxRate: 2000 })
    while (run.status.copied === 0) await sleep(5)
    await server.kill()
    expect(['UNAVAILABLE', 'OUTCOME_UNKNOWN']).toContain(await codeOf(run.done))
    expect(state.backends.active).toBe('source')
    await server.restart()
    let again = 'UNAVAILABLE'
    for (let i = 0; again === 'UNAVAILABLE' && i < 100; i++) {
      again = await codeOf(state.switchTo('target', OPTIONS).then((next) => next.done))
      await sleep(50)
    }
    expect(again).toBe('ok')
    await expectNothingLost()
  })

  test('that starts anew and empty in the middle is not committed to', async () => {
    const server = await ownRedis()
    const { state, reaches, expectNothingLost } = await underTraffic(redis({ url: server.url }))
    const verifying = reaches('verifying')
    const run = await state.switchTo('target', { ...OPTIONS, maxRate: 4000 })
    await verifying
    await server.kill()
    await server.restart()
    expect(['UNAVAILABLE', 'OUTCOME_UNKNOWN', 'CORRUPT']).toContain(await codeOf(run.done))
    expect(state.backends.active).toBe('source')
    await expectNothingLost()
  })

  test('that is full is given up as FULL', async () => {
    const server = await ownRedis(['--maxmemory', '2mb', '--maxmemory-policy', 'noeviction'])
    const { state, expectNothingLost } = await underTraffic(redis({ url: server.url }), 20_000)
    const run = await state.switchTo('target', OPTIONS)
    expect(await codeOf(run.done)).toBe('FULL')
    expect(state.backends.active).toBe('source')
    await expectNothingLost()
  })

  test('that stands still in the cut-over makes operations wait no longer than the pause may take', async () => {
    const server = await ownRedis()
    const { state, reaches, expectNothingLost } = await underTraffic(redis({ url: server.url }))
    const cuttingOver = reaches('cutting-over')
    const run = await state.switchTo('target', { ...OPTIONS, pauseBudgetMs: 150 })
    await cuttingOver
    server.pause()
    const started = performance.now()
    await state.get('still:1')
    expect(performance.now() - started).toBeLessThan(150 + 500)
    expect(state.backends.active).toBe('source')
    server.resume()
    await run.done
    expect(state.backends.active).toBe('target')
    await expectNothingLost()
  })

  test('which is the source and stands still in the cut-over loses nothing either', async () => {
    const server = await ownRedis()
    const traffic = await underTraffic(redis({ url: server.url }))
    const { state, reaches, expectNothingLost } = traffic
    await (await state.switchTo('target', OPTIONS)).done
    const cuttingOver = reaches('cutting-over')
    const back = await state.switchTo('source', { ...OPTIONS, pauseBudgetMs: 150 })
    await cuttingOver
    server.pause()
    await sleep(600)
    server.resume()
    await back.done
    expect(state.backends.active).toBe('source')
    await expectNothingLost()
  })
})

test('a switch to a folder on a full disk is given up as FULL', async () => {
  const disk = join(temporaryFolder(), 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'pipe' })
  } catch (cause) {
    throw new Error('A full disk is tested on a small tmpfs, which only root on Linux can mount', { cause })
  }
  onTestFinished(() => void execFileSync('umount', ['-l', disk]))
  const { state, expectNothingLost } = await underTraffic(file({ path: join(disk, 'state') }), 10_000)
  const run = await state.switchTo('target', OPTIONS)
  expect(await codeOf(run.done)).toBe('FULL')
  expect(state.backends.active).toBe('source')
  await expectNothingLost()
})

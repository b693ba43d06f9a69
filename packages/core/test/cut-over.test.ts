import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { StateError, systemClock } from '../src/index.ts'
import type { Operations } from '../src/operations.ts'
import { createCopier } from '../src/switch/copier.ts'
import { type CutOverOptions, cutOver } from '../src/switch/cut-over.ts'
import { createDirtyKeys } from '../src/switch/dirty-keys.ts'
import { createPace } from '../src/switch/pace.ts'
import { createProgress, type PauseParts } from '../src/switch/progress.ts'
import { codeOf, mapStore, never } from './test-state.ts'

const neverAborted = new AbortController().signal

function options(changed: Partial<CutOverOptions>): CutOverOptions & { readonly log: string[] } {
  const log: string[] = []
  const said = (what: string) => async (): Promise<void> => void log.push(what)
  return {
    log,
    operations: {
      pause: said('pause'),
      resume: () => void log.push('resume'),
    } as Partial<Operations> as Operations,
    copier: { copyAll: said('copy'), drain: async () => 0, drainAll: async () => ['key'] },
    progress: createProgress({ id: '', from: 'a', to: 'b' }, () => {}),
    pauseBudgetMs: 30,
    signal: neverAborted,
    onIdle: () => void log.push('idle'),
    catchUp: said('catch up'),
    settle: said('settle'),
    commit: said('commit'),
    ...changed,
  }
}

test('what is found beside writes, after the budget is spent, is no reason to give up', async () => {
  let attempts = 0
  const made = options({
    async settle(_, overrun) {
      if (++attempts > 1) return
      await new Promise((resolve) => overrun.addEventListener('abort', resolve))
      throw new StateError('CORRUPT', 'a key differs, as it was written just now')
    },
  })
  await cutOver(made)
  expect(attempts).toBe(2)
  expect(made.log).toEqual(['pause', 'idle', 'resume', 'catch up', 'pause', 'idle', 'commit', 'resume'])
})

test('the last copy ends with the budget, also where each key is written again at once', async () => {
  const dirty = createDirtyKeys()
  const source = mapStore(systemClock)
  let attempt = 0
  const made = options({
    copier: createCopier({
      source,
      dirty,
      onCopied: () => {},
      pace: createPace({ maxRate: 0, signal: neverAborted }),
      target: {
        async write() {
          await sleep(5)
          if (attempt === 1) dirty.add('key')
          return { results: [] }
        },
      },
    }),
    onIdle() {
      attempt++
      dirty.add('key')
    },
    pauseBudgetMs: 1000,
  })
  await cutOver(made)
  expect(attempt).toBe(2)
  expect(made.log.at(-2)).toBe('commit')
})

test('each part of a pause is told, that which overran it as well', async () => {
  const told: PauseParts[] = []
  const progress = createProgress({ id: '', from: 'a', to: 'b' }, () => {})
  let attempts = 0
  await cutOver(
    options({
      progress: {
        ...progress,
        update(change) {
          if (change.pauseParts !== undefined) told.push(change.pauseParts)
        },
      },
      settle: (_, overrun) =>
        ++attempts > 1
          ? Promise.resolve()
          : new Promise((resolve) => overrun.addEventListener('abort', () => resolve())),
      commit: () => sleep(10),
    }),
  )
  expect(told).toHaveLength(2)
  expect(told[0]?.settleMs).toBeGreaterThan(20)
  expect(told[0]?.commitMs).toBe(0)
  expect(told[1]?.commitMs).toBeGreaterThan(8)
})

test('what never ends is given up after some attempts, each within the budget', async () => {
  const made = options({
    pauseBudgetMs: 5,
    operations: { pause: () => never, resume() {} } as Partial<Operations> as Operations,
  })
  expect(await codeOf(() => cutOver(made))).toBe('TIMEOUT')
  expect(made.log).toEqual(Array.from({ length: 4 }, () => 'catch up'))
})

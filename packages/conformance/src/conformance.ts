import { StateError } from '@switchyard/core'
import { AREAS } from './all-areas.ts'
import type { Case, Traits } from './area.ts'
import { AREA_NAMES, type AreaName } from './area-names.ts'
import { loadBackendModule } from './backend-module.ts'
import type { BackendModule, ConformanceOptions } from './options.ts'
import { makePlace, removePlace } from './place.ts'
import { type ConformanceReport, writeReport } from './report.ts'
import { createTally } from './tally.ts'
import {
  createInjectedClock,
  createRealClock,
  REAL_TTLS_MS,
  type RealClock,
  type TestClock,
} from './test-clock.ts'
import { runTrial, type TrialOptions } from './trial.ts'

const SLOW_FACTOR = 4
/** What the runner may wait beyond the kit's own deadline, in which stores are closed and processes ended. */
const GRACE_MS = 20_000

/**
 * Registers the cases for a backend with the test runner. Which there are follows from what its plugin
 * declares: what it does not declare has to be refused.
 *
 * @throws StateError `INVALID_OPTIONS` for a module without `create()`.
 */
export async function conformance(options: ConformanceOptions): Promise<void> {
  const {
    describe,
    it,
    variant,
    report,
    clock = 'injected',
    caseTimeoutMs = 30_000,
    randomRuns = 50,
  } = options
  const { seed = Math.trunc(Math.random() * 0x7fff_ffff), only = {} } = options
  const moduleUrl = urlOf(options.module)
  const module = await loadBackendModule(moduleUrl)
  const plugin = await pluginOf(module, variant)
  const traits: Traits = { ...plugin.capabilities, exactClock: clock === 'injected', randomRuns, seed }
  const name = options.name ?? (variant === undefined ? plugin.name : `${plugin.name} (${variant})`)
  const tally = createTally()
  const started = performance.now()

  async function run(
    area: AreaName,
    tested: Case,
    trialOptions: Omit<TrialOptions, 'createClock'>,
    timeoutMs: number,
  ): Promise<void> {
    try {
      await inTime(traits.exactClock, (createClock) =>
        runTrial({ ...trialOptions, createClock }, timeoutMs, (trial) => tested.run(trial)),
      )
      tally.passed(area)
    } catch (error) {
      tally.failed(area, tested.title, error)
      throw error
    }
  }

  function register(area: AreaName, tested: Case): void {
    tally.registered(area)
    const timeoutMs = tested.slow === true ? caseTimeoutMs * SLOW_FACTOR : caseTimeoutMs
    const trialOptions = { traits, module, moduleUrl, variant }
    const attempts = traits.exactClock ? 1 : REAL_TTLS_MS.length
    it(tested.title, { timeout: attempts * (timeoutMs + GRACE_MS) }, () =>
      run(area, tested, trialOptions, timeoutMs),
    )
  }

  function summary(): ConformanceReport {
    const areas = tally.results()
    const sum = (field: 'passed' | 'failed' | 'notRun' | 'leftOut'): number =>
      areas.reduce((total, area) => total + area[field], 0)
    return {
      format: 'switchyard.conformance.1',
      name,
      plugin: plugin.name,
      capabilities: plugin.capabilities,
      clock,
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
      date: new Date().toISOString(),
      durationMs: Math.round(performance.now() - started),
      seed,
      passed: sum('passed'),
      failed: sum('failed'),
      notRun: sum('notRun'),
      leftOut: sum('leftOut'),
      areas,
    }
  }

  function isWanted(area: AreaName, { title }: Case): boolean {
    return (
      only.areas?.includes(area) !== false && (only.titles === undefined || title.search(only.titles) !== -1)
    )
  }

  describe(`conformance of ${name}`, () => {
    for (const area of AREA_NAMES) {
      const cases = AREAS[area].flatMap((casesFor) => casesFor(traits))
      const wanted = cases.filter((one) => isWanted(area, one))
      for (const one of cases) if (!wanted.includes(one)) tally.leftOut(area)
      if (wanted.length === 0) continue
      describe(area, () => {
        for (const one of wanted) register(area, one)
      })
    }
    if (report === undefined) return
    describe('report', () => {
      it('is written', { timeout: caseTimeoutMs }, () => writeReport(report, summary()))
    })
  })
}

/**
 * With a real clock, a case on a machine that is busy may find expired what should still be there. One that was late
 * and failed is run again with a longer time to live; one that was in time has failed.
 */
async function inTime(
  exactClock: boolean,
  run: (createClock: () => TestClock) => Promise<void>,
): Promise<void> {
  if (exactClock) return run(createInjectedClock)
  for (const [attempt, ttlMs] of REAL_TTLS_MS.entries()) {
    const clocks: RealClock[] = []
    try {
      return await run(() => {
        const clock = createRealClock(ttlMs)
        clocks.push(clock)
        return clock
      })
    } catch (error) {
      const isLast = attempt === REAL_TTLS_MS.length - 1
      if (isLast || !clocks.some((clock) => clock.isLate())) throw error
    }
  }
}

function urlOf(module: URL): string {
  if (module instanceof URL) return module.href
  const message = "module must be a URL, such as new URL('./backend.ts', import.meta.url)"
  throw new StateError('INVALID_OPTIONS', `conformance: ${message}`)
}

/** Capabilities belong to the plugin, so that nothing has to be opened to know the cases. */
async function pluginOf(module: BackendModule, variant: string | undefined) {
  const place = await makePlace(variant)
  try {
    return (await module.create(place)).plugin
  } finally {
    await removePlace(place, module)
  }
}

import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type Backend, createState, type SwitchRun } from '@switchyard/core'
import { type BackendName, openBackend, type Place } from './backends.ts'
import { startClients } from './clients.ts'
import { type Failpoint, failIn, failingBackend, failingJournal } from './failpoints.ts'
import { createRecorder } from './recorder.ts'

export interface VictimOptions {
  readonly names: readonly [BackendName, BackendName]
  readonly place: Place
  readonly failpoint: Failpoint
  readonly log: string
  readonly seed: number
}

/**
 * As a program: serves what the journal names under traffic, and switches to the other backend, now and then back, until it
 * ends at its failpoint.
 */
const { names, place, failpoint, log, seed } = JSON.parse(process.argv[2] ?? '') as VictimOptions
const started = performance.now()
let active: string | undefined
const failing = (name: BackendName): Backend =>
  failingBackend(openBackend(name, place), failpoint, () => active === undefined || active === name)
const state = await createState({
  backends: Object.fromEntries(names.map((name) => [name, failing(name)])),
  active: names[0],
  journal: failingJournal(join(place.folder, 'journal.json'), failpoint),
})
await state.get('first')
active = state.backends.active
state.on('switch', () => {
  active = state.backends.active
})
console.log(JSON.stringify({ active, servesAfterMs: performance.now() - started }))

startClients({ state, recorder: createRecorder(log), seed })
failIn(state, failpoint)
for (let round = seed; ; round++) {
  const to = names.find((name) => name !== state.backends.active) as BackendName
  const run = await state.switchTo(to, { replace: true, exclusive: true })
  if (failpoint.includes('aborted')) await run.abort().catch(() => undefined)
  else if (round % 3 === 0) await rollBack(run)
  else await run.done.then(() => run.complete())
}

async function rollBack(run: SwitchRun): Promise<void> {
  await run.done
  const back = await run.rollback({ exclusive: true })
  await back.done
  await back.complete()
}

import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createState } from '@switchyard/core'
import { type BackendName, openBackend, type Place } from './backends.ts'
import { startClients } from './clients.ts'
import { type Failpoint, failIn, failingJournal } from './failpoints.ts'
import { createRecorder } from './recorder.ts'

export interface VictimOptions {
  readonly names: readonly [BackendName, BackendName]
  readonly place: Place
  readonly failpoint: Failpoint
  readonly log: string
  readonly seed: number
}

/** As a program: serves what the journal names under traffic, and switches to the other backend until it ends at its failpoint. */
const { names, place, failpoint, log, seed } = JSON.parse(process.argv[2] ?? '') as VictimOptions
const started = performance.now()
const state = await createState({
  backends: Object.fromEntries(names.map((name) => [name, openBackend(name, place)])),
  active: names[0],
  journal: failingJournal(join(place.folder, 'journal.json'), failpoint),
})
await state.get('first')
console.log(JSON.stringify({ active: state.backends.active, servesAfterMs: performance.now() - started }))

startClients({ state, recorder: createRecorder(log), seed })
failIn(state, failpoint)
for (;;) {
  const to = names.find((name) => name !== state.backends.active) as BackendName
  const run = await state.switchTo(to, { replace: true, exclusive: true })
  await run.done
  await run.complete()
}

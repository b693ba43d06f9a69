import assert from 'node:assert/strict'
import { type Area, onPlace } from '../area.ts'
import { withDeadline } from '../deadline.ts'
import type { Trial } from '../trial.ts'

/** What a process may take to close its store and to exit by itself. */
const EXIT_MS = 8000

export const processes: Area = () => [
  onPlace('lets a process that only opens and closes it exit', async (trial) => {
    await assertExits(trial, async () => undefined)
  }),
  onPlace('lets a process that has read and written exit', async (trial) => {
    await assertExits(trial, async (process) => {
      await process.run('set', { key: 'a', value: 1 })
      await process.run('increments', { key: 'n', times: 10 })
      assert.equal(await process.run('get', { key: 'a' }), 1)
    })
  }),
  onPlace('lets a process exit that closes it with writes in flight', async (trial) => {
    await assertExits(trial, async (process) => {
      void process.run('updates', { key: 'n', times: 5 })
      void process.run('increments', { key: 'm', times: 50 })
    })
  }),
]

async function assertExits(
  trial: Trial,
  use: (process: Awaited<ReturnType<Trial['startProcess']>>) => Promise<void>,
): Promise<void> {
  const process = await trial.startProcess()
  await use(process)
  const limitMs = Math.min(EXIT_MS, trial.timeoutMs / 2)
  await withDeadline(process.closeAndExit(), limitMs, 'The process did not close its store and exit')
}

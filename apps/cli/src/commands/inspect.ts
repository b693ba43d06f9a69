import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { asStateError, fileJournal, type Health } from '@switchyard/core'
import { EXIT } from '../exit-codes.ts'
import type { AddCommand } from '../run.ts'
import type { Session } from '../session.ts'

/** How much there is, and whether all is well. */
export function inspectCommands(add: AddCommand): void {
  add(
    'stats',
    'count what is in the active backend',
    (command) => command,
    async ({ output, reading }) =>
      reading(async (state) => {
        const { active } = state.backends
        const stats = await state.stats()
        output.result({ backend: active, ...stats }, [
          `backend ${active}`,
          ...Object.entries(stats)
            .filter(([name]) => name !== 'detail')
            .map(([name, value]) => `${name} ${value}`),
        ])
        return EXIT.ok
      }),
  )

  add(
    'doctor',
    'check the configuration, the data folder, the journal of switches and each backend',
    (command) => command,
    async (session) => {
      const checks = await examine(session)
      session.output.result(
        { checks },
        checks.map(
          ({ name, healthy, reason }) =>
            `${healthy ? 'ok  ' : 'FAIL'} ${name}${reason === undefined ? '' : `: ${reason}`}`,
        ),
      )
      return checks.every(({ healthy }) => healthy) ? EXIT.ok : EXIT.differs
    },
  )
}

interface Check {
  readonly name: string
  readonly healthy: boolean
  readonly reason?: string
}

async function examine(session: Session): Promise<readonly Check[]> {
  const { dataDir, state } = await session.config()
  const checks: Check[] = [{ name: 'configuration', healthy: true }]
  const check = async (name: string, work: () => Promise<Health>): Promise<void> => {
    const { healthy, reason } = await work().catch((error: unknown) => ({
      healthy: false,
      reason: asStateError(error, { operation: 'doctor' }).message,
    }))
    checks.push({ name, healthy, ...(reason !== undefined && { reason }) })
  }
  await check(`data folder ${dataDir}`, async () => {
    await access(dataDir, constants.W_OK)
    return { healthy: true }
  })
  await check('journal of switches', async () => {
    const record = await fileJournal(join(dataDir, 'switch.json')).read()
    if (record === undefined) return { healthy: true, reason: 'there has been no switch' }
    const isKnown = Object.keys(state.backends).includes(record.active)
    const reason = `'${record.active}' serves${isKnown ? '' : ', and the configuration has no such backend'}`
    return { healthy: isKnown, reason }
  })
  for (const [name, { plugin }] of Object.entries(state.backends)) {
    await check(`backend ${name} (${plugin.name})`, () =>
      session.withStore(name, async (store) => {
        await store.get('switchyard:doctor')
        return (await store.checkHealth?.()) ?? { healthy: true }
      }),
    )
  }
  return checks
}

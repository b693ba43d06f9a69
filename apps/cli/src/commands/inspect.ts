import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { fileJournal, type Health } from '@switchyard/core'
import { checkJournalNames, isDataFolder, openSettings, type ServerConfig } from '@switchyard/server'
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
    'check the configuration, the data folder and its files, a restore that was cut off, and each backend',
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
  const config = await session.config()
  const { dataDir, state } = config
  const checks: Check[] = [{ name: 'configuration', healthy: true }]
  const check = async (name: string, work: () => Promise<Health>): Promise<void> => {
    const { healthy, reason } = await work().catch((error: unknown) => ({
      healthy: false,
      reason: error instanceof Error ? error.message : String(error),
    }))
    checks.push({ name, healthy, ...(reason !== undefined && { reason }) })
  }
  await check(`data folder ${dataDir}`, async () => {
    await access(dataDir, constants.W_OK)
    await session.requireData()
    return { healthy: true }
  })
  await check('journal of switches', () => checkJournal(config))
  await check('names of backends', async () => {
    await checkJournalNames(config)
    return { healthy: true }
  })
  await check('runtime settings', async () => {
    await openSettings(config, () => undefined)
    return { healthy: true }
  })
  const isUsed = await isDataFolder(dataDir)
  for (const [name, { plugin }] of Object.entries(state.backends)) {
    await check(`backend ${name} (${plugin.name})`, async () => {
      // To open it would be to make it, where it may not belong.
      if (!isUsed && hasPath(config, name)) return { healthy: true, reason: 'not looked at' }
      return session.withStore(name, async (store) => {
        await store.get('switchyard:doctor')
        return (await store.checkHealth?.()) ?? { healthy: true }
      })
    })
  }
  return checks
}

async function checkJournal({ dataDir, state }: ServerConfig): Promise<Health> {
  const record = await fileJournal(join(dataDir, 'switch.json')).read()
  if (record === undefined) return { healthy: true, reason: 'there has been no switch' }
  const { active, restoring } = record
  const serves = `'${active}' serves`
  if (!Object.hasOwn(state.backends, active))
    return { healthy: false, reason: `${serves}, and the configuration has no such backend` }
  if (restoring === undefined) return { healthy: true, reason: serves }
  const began = new Date(restoring).toISOString()
  return {
    healthy: false,
    reason: `${serves}, and the restore that was begun at ${began} has not ended: unless it is under way, restore again`,
  }
}

/** Whether it is in files of its own. */
function hasPath({ origin }: ServerConfig, name: string): boolean {
  const options = origin?.settings.state.backends?.[name]?.options as { readonly path?: unknown } | undefined
  return options?.path !== undefined
}

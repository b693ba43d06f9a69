import { type State, StateError, type SwitchOptions, type SwitchPlan } from '@switchyard/core'
import { EXIT } from '../exit-codes.ts'
import type { AddCommand } from '../run.ts'
import type { ReadableState, Session } from '../session.ts'

interface MigrateOptions {
  readonly dryRun?: boolean
  readonly replace?: boolean
  readonly allowVolatile?: boolean
  readonly maxRate?: string
}

/** Moves everything to another backend, which the server serves from then on. */
export function migrateCommand(add: AddCommand): void {
  add(
    'migrate <backend>',
    'move everything to another backend; the server, which must not run, serves it from then on',
    (command) =>
      command
        .option('--dry-run', 'look at every entry and tell what would happen')
        .option('--replace', 'remove what the backend holds')
        .option('--allow-volatile', 'the backend may be one that does not survive the process')
        .option('--max-rate <keys>', 'keys copied in a second at the most'),
    async (session, [to = ''], options) => {
      const { dryRun, replace, allowVolatile, maxRate } = options as MigrateOptions
      const settings: SwitchOptions = {
        // No server runs, and who migrates a backend that others share is to stop those.
        exclusive: true,
        ...(replace === true && { replace }),
        ...(allowVolatile === true && { allowVolatile }),
        ...(maxRate !== undefined && { maxRate: rateOf(maxRate) }),
      }
      if (dryRun === true) return session.reading((state) => plan(session, state, to, settings))
      await session.requireData()
      return session.alone((state) => migrate(session, state, to, settings))
    },
  )
}

function rateOf(maxRate: string): number {
  const rate = Number(maxRate)
  if (rate > 0) return rate
  throw new StateError('INVALID_OPTIONS', `--max-rate is a number of keys above 0, not '${maxRate}'`)
}

async function plan(
  { output, signal }: Session,
  state: ReadableState,
  to: string,
  settings: SwitchOptions,
): Promise<number> {
  const found = await state.planSwitch(to, settings)
  signal.throwIfAborted()
  output.result(found, linesOf(found))
  return found.problems.length + found.obstacles.length === 0 ? EXIT.ok : EXIT.differs
}

function linesOf(found: SwitchPlan): readonly string[] {
  const { from, to, keys, bytes, problems, losses, obstacles, estimatedMs } = found
  return [
    `${keys} entries with ${bytes} bytes would go from '${from}' to '${to}', in about ${Math.ceil(estimatedMs / 1000)} s`,
    ...losses.map((loss) => `lost: ${loss}`),
    ...problems.map(({ key, reason }) => `cannot be held: ${key}: ${reason}`),
    ...obstacles.map((reason) => `refused: ${reason}`),
  ]
}

async function migrate(
  { output, signal }: Session,
  state: State,
  to: string,
  settings: SwitchOptions,
): Promise<number> {
  signal.throwIfAborted()
  const run = await state.switchTo(to, settings)
  const giveUp = (): void => void run.abort().catch(() => undefined)
  if (signal.aborted) giveUp()
  signal.addEventListener('abort', giveUp, { once: true })
  const bar = output.progress(`${run.from} to ${run.to}`)
  try {
    for await (const { copied, total } of run.progress()) bar.update(copied, total)
    const { copied, pauseMs } = await run.done
    bar.stop()
    await run.complete()
    output.result({ from: run.from, to: run.to, copied, pauseMs }, [
      `'${run.to}' has all of '${run.from}', and serves from now on (${copied} entries)`,
    ])
    return EXIT.ok
  } finally {
    bar.stop()
    signal.removeEventListener('abort', giveUp)
  }
}

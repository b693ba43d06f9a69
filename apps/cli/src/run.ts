import { isStateError, StateError } from '@switchyard/core'
import { ConfigError } from '@switchyard/server'
import { Command, CommanderError } from 'commander'
import { backupCommands } from './commands/backup.ts'
import { inspectCommands } from './commands/inspect.ts'
import { migrateCommand } from './commands/migrate.ts'
import { serveCommand } from './commands/serve.ts'
import { valueCommands } from './commands/values.ts'
import { verifyCommand } from './commands/verify.ts'
import { EXIT } from './exit-codes.ts'
import { createOutput, type OutputStreams } from './output.ts'
import { createSession, type GlobalOptions, type Session, UsageError } from './session.ts'

export interface RunOptions extends OutputStreams {
  /** Arguments, without those that name Node and the program. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborts what is under way, in order. */
  readonly signal: AbortSignal
}

/** Adds a command whose action gets the session; what it resolves to is the exit code. */
export type AddCommand = (
  usage: string,
  description: string,
  define: (command: Command) => Command,
  action: (
    session: Session,
    args: readonly string[],
    options: Readonly<Record<string, unknown>>,
  ) => Promise<number>,
) => void

/** Runs one command and resolves to its exit code. */
export async function run({ args, env, signal, stdout, stderr }: RunOptions): Promise<number> {
  let code: number = EXIT.ok
  const program = new Command('switchyard')
    .description('Looks after the state of a Switchyard server, with the configuration of that server.')
    .option('-c, --config <file>', 'the configuration file, as SWITCHYARD_CONFIG')
    .option('-d, --data-dir <folder>', 'where relative paths start, as SWITCHYARD_DATA_DIR')
    .option('--json', 'print JSON')
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })

  const add: AddCommand = (usage, description, define, action) => {
    const command = define(program.command(usage).description(description))
    command.action(async () => {
      const globals = program.opts<GlobalOptions>()
      const output = createOutput(globals.json === true, { stdout, stderr })
      const session = createSession(globals, output, env, signal)
      code = await action(session, command.processedArgs, command.opts())
    })
  }
  migrateCommand(add)
  backupCommands(add)
  verifyCommand(add)
  valueCommands(add)
  inspectCommands(add)
  serveCommand(add)

  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (thrown) {
    const error = thrown === signal.reason ? givenUp(thrown) : thrown
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (!isForPeople(error)) throw error
    const reason = isStateError(error)
      ? { code: error.code, message: error.message }
      : { message: error.message }
    if (program.opts<GlobalOptions>().json === true) stderr.write(`${JSON.stringify({ error: reason })}\n`)
    else stderr.write(`switchyard: ${error.message}\n`)
    if (signal.aborted) return EXIT.interrupted
    return error instanceof UsageError || error instanceof ConfigError ? EXIT.usage : EXIT.failed
  }
}

/** The signal's reason itself, as `throwIfAborted` throws it. */
function givenUp(reason: unknown): StateError {
  return new StateError('ABORTED', reason instanceof Error ? reason.message : String(reason), {
    cause: reason,
  })
}

/** Whose message says what to do about it. */
function isForPeople(error: unknown): error is Error {
  if (error instanceof ConfigError || error instanceof UsageError || isStateError(error)) return true
  return error instanceof Error && (error as NodeJS.ErrnoException).syscall !== undefined
}

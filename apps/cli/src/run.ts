import { isStateError, StateError } from '@switchyard/core'
import { ConfigError } from '@switchyard/server'
import { Command, CommanderError } from 'commander'
import { backupCommands } from './commands/backup.ts'
import { inspectCommands } from './commands/inspect.ts'
import { migrateCommand } from './commands/migrate.ts'
import { serveCommand } from './commands/serve.ts'
import { valueCommands } from './commands/values.ts'
import { verifyCommand } from './commands/verify.ts'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { createOutput, type OutputStreams } from './output.ts'
import { createSession, type GlobalOptions, type Session } from './session.ts'

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
      writeErr: (text) => void (isJson() || stderr.write(text)),
    })

  const isJson = (): boolean => program.opts<GlobalOptions>().json === true

  const add: AddCommand = (usage, description, define, action) => {
    const command = define(program.command(usage).description(description))
    command.action(async () => {
      const globals = program.opts<GlobalOptions>()
      const output = createOutput(isJson(), { stdout, stderr })
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
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok
    const reason = reasonOf(thrown === signal.reason ? givenUp(thrown) : thrown)
    if (reason === undefined) throw thrown
    if (isJson()) stderr.write(`${JSON.stringify({ error: reason })}\n`)
    // Commander has told its own errors, with the help.
    else if (!(thrown instanceof CommanderError)) stderr.write(`switchyard: ${reason.message}\n`)
    return signal.aborted ? EXIT.interrupted : exitCodeOf(reason.code)
  }
}

/** The signal's reason itself, as `throwIfAborted` throws it. */
function givenUp(reason: unknown): StateError {
  return new StateError('ABORTED', reason instanceof Error ? reason.message : String(reason), {
    cause: reason,
  })
}

interface Reason {
  readonly code: string
  readonly message: string
}

/** Of an error whose message says what to do about it. */
function reasonOf(error: unknown): Reason | undefined {
  if (isStateError(error)) return { code: error.code, message: error.message }
  if (error instanceof ConfigError) return { code: 'INVALID_OPTIONS', message: error.message }
  if (error instanceof CommanderError) return { code: 'INVALID_OPTIONS', message: messageOf(error) }
  const { syscall, code } = Object(error) as NodeJS.ErrnoException
  if (!(error instanceof Error) || syscall === undefined || code === undefined) return undefined
  return { code, message: error.message }
}

function messageOf({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'There is no command; see --help'
  return message.replace(/^error: /, '')
}

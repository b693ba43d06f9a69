import { backup, checkBackup, restore } from '@switchyard/backup'
import { StateError } from '@switchyard/core'
import { EXIT } from '../exit-codes.ts'
import type { AddCommand } from '../run.ts'
import type { Session } from '../session.ts'

const MODES = ['empty', 'merge', 'replace'] as const

async function keyOf(session: Session): Promise<{ readonly key?: string }> {
  const { backupKey } = await session.config()
  return backupKey === undefined ? {} : { key: backupKey }
}

/** To a file and back. The key of encrypted backups is in SWITCHYARD_BACKUP_KEY. */
export function backupCommands(add: AddCommand): void {
  add(
    'backup <file>',
    'back everything up to a file; the server must not run',
    (command) => command.option('--overwrite', 'replace a file that is there'),
    async (session, [file = ''], { overwrite }) => {
      const key = await keyOf(session)
      await session.requireData()
      return session.alone(async (state) => {
        const bar = session.output.progress('backup')
        const { keys } = await state.stats()
        const { pauseMs: _, ...info } = await backup(file, state, {
          ...key,
          overwrite: overwrite === true,
          signal: session.signal,
          onProgress: (records) => bar.update(records, keys),
        }).finally(() => bar.stop())
        session.output.result({ file, ...info }, [`${file}: ${info.records} records, ${info.bytes} bytes`])
        return EXIT.ok
      })
    },
  )

  add(
    'restore <file>',
    'restore a backup into the active backend; the server must not run',
    (command) =>
      command
        .option('--mode <mode>', "'empty': only where there is nothing; 'merge'; 'replace'", 'empty')
        .option('--dry-run', 'read and check all of the file, and change nothing'),
    async (session, [file = ''], { mode, dryRun }) => {
      const wanted = MODES.find((one) => one === mode)
      if (wanted === undefined)
        throw new StateError('INVALID_OPTIONS', `--mode is one of ${MODES.join(', ')}, not '${mode}'`)
      const key = await keyOf(session)
      if (dryRun === true) {
        const info = await checkBackup(file, { ...key, signal: session.signal })
        const made = new Date(info.createdAt).toISOString()
        session.output.result({ file, ...info }, [
          `${file}: whole; ${info.records} records of '${info.source}', made at ${made}`,
        ])
        return EXIT.ok
      }
      return session.alone(async (state) => {
        const bar = session.output.progress('restore')
        const info = await restore(file, state, {
          ...key,
          mode: wanted,
          signal: session.signal,
          onProgress: ({ checked, restored }) => bar.update(restored, checked),
        }).finally(() => bar.stop())
        session.output.result({ file, ...info }, [
          `'${state.backends.active}' has ${info.records - info.expired} records of ${file}; ${info.expired} had expired`,
        ])
        return EXIT.ok
      })
    },
  )
}

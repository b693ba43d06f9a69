import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupInfo, backup, type RestoreOptions, type RestoreResult, restore } from '@switchyard/backup'
import { isStateError, type State, StateError } from '@switchyard/core'
import { clearInternalIfAlone } from '../internal/internal-keys.ts'
import { PROBLEM_TYPES } from '../problems/problem-types.ts'
import { RequestError } from '../problems/request-error.ts'

export interface BackupFile {
  readonly name: string
  readonly bytes: number
  /** Unix ms. */
  readonly createdAt: number
}

/** Backups in a folder of the server's own. */
export interface Backups {
  list(): Promise<readonly BackupFile[]>
  create(name: string): Promise<BackupInfo & { readonly name: string; readonly pauseMs: number }>
  restore(name: string, mode: RestoreOptions['mode']): Promise<RestoreResult & { readonly name: string }>
}

const SUFFIX = '.backup'

/** @param key encrypts them */
export function createBackups(state: State, folder: string, key: string | undefined): Backups {
  const secret = key === undefined ? {} : { key }
  const pathOf = (name: string): string => join(folder, `${name}${SUFFIX}`)
  return {
    async list() {
      const names = await readdir(folder).catch(unlessGone)
      const files = (names ?? [])
        .filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'))
        .toSorted()
        .map(async (name) => {
          const found = await stat(join(folder, name)).catch(unlessGone)
          if (found === undefined) return []
          const { size, mtimeMs } = found
          return [{ name: name.slice(0, -SUFFIX.length), bytes: size, createdAt: Math.round(mtimeMs) }]
        })
      return (await Promise.all(files)).flat()
    },
    async create(name) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const info = await backup(pathOf(name), state, secret).catch((cause: unknown) => {
        if (!isStateError(cause, 'CONFLICT') || !existsSync(pathOf(name))) throw cause
        const detail = `There is a backup '${name}' already; give another name, or move its file out of the folder 'backups' of the data folder`
        throw new StateError('CONFLICT', detail, { cause })
      })
      return { name, ...info }
    },
    async restore(name, mode = 'empty') {
      const path = pathOf(name)
      if (!existsSync(path)) throw new RequestError('NOT_FOUND', `There is no backup '${name}'`)
      if (mode === 'empty') await clearInternalIfAlone(state)
      return { name, ...(await restore(path, tellingParts(state), { ...secret, mode })) }
    },
  }
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Once a restore has checked the file, what fails may leave a part of it: no client is to read that nothing was done. */
function tellingParts({ backends, restore: write }: State): Pick<State, 'backends' | 'restore'> {
  return {
    backends,
    restore: (...given) =>
      write(...given).catch((cause: unknown) => {
        if (!isStateError(cause) || PROBLEM_TYPES[cause.code].status < 503) throw cause
        const detail = `A part of the backup may be restored; restore it again to complete it: ${cause.message}`
        throw new StateError('OUTCOME_UNKNOWN', detail, { cause })
      }),
  }
}

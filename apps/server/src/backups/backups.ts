import { existsSync } from 'node:fs'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type BackupInfo, backup, type RestoreOptions, type RestoreResult, restore } from '@switchyard/backup'
import type { State } from '@switchyard/core'
import { clearInternalIfAlone } from '../internal/internal-keys.ts'
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
      const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return []
        throw error
      })
      const files = names
        .filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.'))
        .toSorted()
        .map(async (name) => {
          const { size, mtimeMs } = await stat(join(folder, name))
          return { name: name.slice(0, -SUFFIX.length), bytes: size, createdAt: Math.round(mtimeMs) }
        })
      return Promise.all(files)
    },
    async create(name) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      return { name, ...(await backup(pathOf(name), state, secret)) }
    },
    async restore(name, mode = 'empty') {
      const path = pathOf(name)
      if (!existsSync(path)) throw new RequestError('NOT_FOUND', `There is no backup '${name}'`)
      if (mode === 'empty') await clearInternalIfAlone(state)
      return { name, ...(await restore(path, state, { ...secret, mode })) }
    },
  }
}

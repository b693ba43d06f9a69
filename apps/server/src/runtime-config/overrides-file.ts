import { readFile } from 'node:fs/promises'
import { replaceFile, StateError } from '@switchyard/core'
import type { JsonObject } from './settings.ts'

/** What was patched, on top of the configuration file. */
export interface Overrides {
  /** Of how many changes it is the result. */
  readonly revision: number
  /** A merge patch of the defaults. */
  readonly patch: JsonObject
}

/** Where the overrides outlive the process. */
export interface OverridesFile {
  readonly path: string
  /** @throws StateError `CORRUPT` if it is anything but what was written. */
  read(): Promise<Overrides>
  /** Durable when it resolves, and all or nothing. */
  write(overrides: Overrides): Promise<void>
}

const FORMAT = 1

export function overridesFile(path: string): OverridesFile {
  return {
    path,
    async read() {
      let text: string
      try {
        text = await readFile(path, 'utf8')
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ENOENT') return { revision: 0, patch: {} }
        throw new StateError('UNAVAILABLE', `'${path}' cannot be read: ${message}`, { cause: error })
      }
      return parse(text, path)
    },
    write: ({ revision, patch }) =>
      replaceFile(path, `${JSON.stringify({ format: FORMAT, revision, patch }, undefined, 2)}\n`),
  }
}

function parse(text: string, path: string): Overrides {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw damaged(path, (error as Error).message)
  }
  const { format, revision, patch } = (content ?? {}) as Partial<Record<string, unknown>>
  if (format !== FORMAT) throw damaged(path, `its format is ${JSON.stringify(format)}, not ${FORMAT}`)
  if (!Number.isSafeInteger(revision) || typeof patch !== 'object' || patch === null) {
    throw damaged(path, 'it has no revision or no patch')
  }
  return { revision: revision as number, patch: patch as JsonObject }
}

/** For operators: what is wrong, and what to do. */
export function damaged(path: string, reason: string): StateError {
  const message = `'${path}' does not hold runtime settings: ${reason}; put it right, or remove it to start from the configuration file`
  return new StateError('CORRUPT', message)
}

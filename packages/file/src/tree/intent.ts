import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFile, StateError, syncFolder } from '@switchyard/core'
import { readDocument } from './read-document.ts'

const INTENT = 'intent.json'

/** One file of a write that counts as a whole: it is replaced by a new one, or removed. */
export type IntentStep =
  | { readonly file: string; readonly temporary: string }
  | { readonly file: string; readonly version: string }

/**
 * From here on the write counts: what is missing of it after a crash is done when the folder is opened again. Synced
 * whatever the durability, as a machine that stops would else leave the name without the content. The new files that it
 * names must be synced before.
 */
export async function writeIntent(folder: string, steps: readonly IntentStep[]): Promise<void> {
  await replaceFile(join(folder, INTENT), `${JSON.stringify(steps)}\n`)
}

export function removeIntent(folder: string): void {
  rmSync(join(folder, INTENT), { force: true })
}

/**
 * Does what a crash has left undone. It can be done twice: a new file that is in its place is not found under its
 * temporary name any more, and what was written later has another version than what was to be removed.
 */
export async function finishIntent(folder: string): Promise<void> {
  const file = join(folder, INTENT)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const steps = parse(text, file)
  for (const step of steps) {
    const path = join(folder, step.file)
    if ('version' in step) {
      if (versionOf(path) === step.version) rmSync(path)
      continue
    }
    try {
      renameSync(join(folder, step.temporary), path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  for (const shard of new Set(steps.map((step) => step.file.slice(0, 2)))) {
    if (existsSync(join(folder, shard))) await syncFolder(join(folder, shard))
  }
  removeIntent(folder)
  await syncFolder(folder)
}

/** Only names within the folder, whoever wrote it. */
const STEP_FILE = /^[0-9a-f]{2}\/[^/\\]+$/

function parse(text: string, file: string): readonly IntentStep[] {
  let steps: unknown
  try {
    steps = JSON.parse(text)
  } catch {
    throw damaged(file, 'it is not JSON')
  }
  const isStep = (step: Readonly<Record<string, unknown>>): boolean =>
    STEP_FILE.test(String(step['file'])) && ('version' in step || STEP_FILE.test(String(step['temporary'])))
  if (!Array.isArray(steps) || !steps.every(isStep)) throw damaged(file, 'it is not a list of files')
  return steps
}

/**
 * An intent that was being written when everything stopped has its temporary name still, as it gets its own only after it
 * was synced: nothing of its write was begun, and it is removed with all that has such a name. One that has its own name
 * was whole once, so an empty or torn one was damaged since, or the disk has not synced when it said so. Either way the
 * steps may have begun, and which they are is lost: to go on would be to pass part of a write for the whole.
 */
function damaged(file: string, what: string): StateError {
  const message = `'${file}' is damaged: ${what}. The transaction that it is of may be done in part; restore the folder from a backup, or remove this file to open the folder as it is`
  return new StateError('CORRUPT', message)
}

/** Undefined if there is no such file; '' if it is broken. */
function versionOf(path: string): string | undefined {
  const read = readDocument(path)
  if (read === undefined) return undefined
  return 'document' in read ? read.document.entry.version : ''
}

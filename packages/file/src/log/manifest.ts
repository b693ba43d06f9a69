import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { StateError } from '@switchyard/core'
import { corrupt, fileError } from '../errors.ts'
import { replaceFile } from '../replace-file.ts'

const FILE = 'manifest.json'
const FORMAT = 1

/** Which segments make up the log, the oldest first; other files of that kind are left over. */
export interface Manifest {
  readonly segments: readonly number[]
}

/** @throws StateError `CORRUPT`, or `INCOMPATIBLE` for a folder of another layout or a newer version */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const file = join(folder, FILE)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(error, file)
  }
  let content: { readonly layout?: unknown; readonly format?: unknown; readonly segments?: unknown }
  try {
    content = JSON.parse(text)
  } catch {
    throw corrupt(file, 0, 'it is not JSON')
  }
  if (content.layout !== 'log' || content.format !== FORMAT) {
    const message = `'${folder}' has layout '${content.layout}' in format ${content.format}; this version reads layout 'log' in format ${FORMAT}`
    throw new StateError('INCOMPATIBLE', message)
  }
  const { segments } = content
  if (!Array.isArray(segments) || !segments.every((id) => Number.isSafeInteger(id) && id > 0)) {
    throw corrupt(file, 0, 'it names no segments')
  }
  return { segments }
}

export async function writeManifest(folder: string, { segments }: Manifest): Promise<void> {
  await replaceFile(join(folder, FILE), `${JSON.stringify({ layout: 'log', format: FORMAT, segments })}\n`)
}

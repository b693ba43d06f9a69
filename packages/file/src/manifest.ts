import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { replaceFile, StateError } from '@switchyard/core'
import { corrupt, fileError } from './errors.ts'

export const MANIFEST = 'manifest.json'
const FORMAT = 1

/** How a folder is kept; what else its manifest says is the layout's own. */
export type Layout = 'log' | 'tree'

/** @throws StateError `CORRUPT`, or `INCOMPATIBLE` for a folder of another layout or a newer version */
export async function readManifest(
  folder: string,
  layout: Layout,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const file = join(folder, MANIFEST)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw fileError(error, file)
  }
  let content: Readonly<Record<string, unknown>>
  try {
    content = JSON.parse(text)
  } catch {
    throw corrupt(file, 0, 'it is not JSON')
  }
  if (content['layout'] !== layout || content['format'] !== FORMAT) {
    const message = `'${folder}' has layout '${content['layout']}' in format ${content['format']}; it was to be opened with layout '${layout}', which this version knows in format ${FORMAT}`
    throw new StateError('INCOMPATIBLE', message)
  }
  const { checksum, ...rest } = content
  if (checksum !== checksumOf(rest)) throw corrupt(file, 0, 'it does not fit its checksum')
  return rest
}

export async function writeManifest(
  folder: string,
  layout: Layout,
  content: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const manifest = { layout, format: FORMAT, ...content }
  const text = JSON.stringify({ ...manifest, checksum: checksumOf(manifest) })
  await replaceFile(join(folder, MANIFEST), `${text}\n`)
}

/** What a flipped bit makes of a manifest may be one as well, of other segments. */
function checksumOf(manifest: Readonly<Record<string, unknown>>): string {
  return crc32(JSON.stringify(manifest)).toString(16).padStart(8, '0')
}

import { join } from 'node:path'
import { corrupt } from '../errors.ts'
import { MANIFEST, readManifest, writeManifest } from '../manifest.ts'

/** Which segments make up the log, the oldest first; other files of that kind are left over. */
export interface LogManifest {
  readonly segments: readonly number[]
}

/** @throws StateError `CORRUPT`, or `INCOMPATIBLE` for a folder of another layout or a newer version */
export async function readLogManifest(folder: string): Promise<LogManifest | undefined> {
  const manifest = await readManifest(folder, 'log')
  if (manifest === undefined) return undefined
  const { segments } = manifest
  if (!Array.isArray(segments) || !segments.every((id) => Number.isSafeInteger(id) && id > 0)) {
    throw corrupt(join(folder, MANIFEST), 0, 'it names no segments')
  }
  return { segments }
}

export async function writeLogManifest(folder: string, { segments }: LogManifest): Promise<void> {
  await writeManifest(folder, 'log', { segments })
}

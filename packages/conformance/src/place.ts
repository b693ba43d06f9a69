import { randomBytes } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BackendModule, Place } from './options.ts'

/** A place that nobody has used. */
export async function makePlace(variant: string | undefined): Promise<Place> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'switchyard-conformance-'))
  const place = { folder, id: randomBytes(10).toString('hex') }
  return variant === undefined ? place : { ...place, variant }
}

/** To be called when everything in it is closed. */
export async function removePlace(place: Place, { destroy }: BackendModule): Promise<void> {
  try {
    await destroy?.(place)
  } finally {
    await rm(place.folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

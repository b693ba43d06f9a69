import { StateError } from '@switchyard/core'
import type { BackendModule } from './options.ts'

/** @throws StateError `INVALID_OPTIONS` unless the module exports `create`. */
export async function loadBackendModule(url: string): Promise<BackendModule> {
  const module: Partial<BackendModule> = await import(/* @vite-ignore */ url)
  const { create, destroy } = module
  if (typeof create !== 'function') {
    throw new StateError(
      'INVALID_OPTIONS',
      `${url} has to export create({ folder, id }), which returns a backend`,
    )
  }
  return destroy === undefined ? { create } : { create, destroy }
}

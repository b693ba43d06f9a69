import { VERSION } from '../version.ts'

/** What runs here. */
export interface BuildInfo {
  readonly version: string
  /** The commit that it was built from; null if the build was not told. */
  readonly commit: string | null
  readonly node: string
}

/** Replaced by its value when the server is built; read when the sources are run. */
const COMMIT = process.env['SWITCHYARD_COMMIT']

export const buildInfo: BuildInfo = {
  version: VERSION,
  commit: COMMIT === undefined || COMMIT === '' ? null : COMMIT,
  node: process.version,
}

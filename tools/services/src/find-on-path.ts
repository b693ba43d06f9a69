import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The program of this name, if there is one. */
export function findOnPath(name: string): string | undefined {
  const folder = (process.env['PATH'] ?? '')
    .split(delimiter)
    .find((one) => one !== '' && existsSync(join(one, name)))
  return folder === undefined ? undefined : join(folder, name)
}

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

export interface Project {
  /** From the root of the workspace: 'packages/core'. */
  readonly folder: string
  readonly manifest: Manifest
}

/** Every package and app of the workspace. */
export function projects(): readonly Project[] {
  return ['packages', 'apps']
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`))
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')),
    }))
}

export function published(): readonly Project[] {
  return projects().filter(({ manifest }) => manifest.private !== true)
}

export function sourcesOf({ folder }: Project, within: 'src' | 'test'): readonly string[] {
  const root = join(ROOT, folder, within)
  if (!existsSync(root)) return []
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, file))
}

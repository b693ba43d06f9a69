import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { type Project, projects, ROOT, sourcesOf } from './workspace.ts'

const SCOPE = '@switchyard/'

/** What a package's sources may import of ours; apps may import anything. */
function mayImport({ folder, manifest }: Project): readonly string[] {
  if (folder.startsWith('apps/') || manifest.name === `${SCOPE}cli`)
    return projects().map((one) => one.manifest.name)
  return manifest.name === `${SCOPE}core` ? [] : [`${SCOPE}core`]
}

function imports(file: string): readonly string[] {
  const statements = readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)
  return [...statements].map((match) => match[1] as string)
}

/** '@switchyard/core/msgpack' is '@switchyard/core'. */
const packageOf = (specifier: string): string => specifier.split('/').slice(0, 2).join('/')

test.each(projects().map((project) => [project.folder, project] as const))(
  '%s imports only what the direction of dependencies allows',
  (_, project) => {
    const own = sourcesOf(project, 'src').flatMap(imports)
    const ours = own.filter((specifier) => specifier.startsWith(SCOPE)).map(packageOf)
    expect(ours.filter((name) => !mayImport(project).includes(name))).toEqual([])

    const { dependencies = {}, peerDependencies = {} } = project.manifest
    const declared = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) =>
      name.startsWith(SCOPE),
    )
    expect(declared.filter((name) => !mayImport(project).includes(name))).toEqual([])
  },
)

/** Whether an import of this file leads out of its project by a path. */
function leavesProject({ folder }: Project, file: string, specifier: string): boolean {
  if (!specifier.startsWith('.')) return false
  return relative(join(ROOT, folder), resolve(dirname(file), specifier)).startsWith('..')
}

test.each(projects().map((project) => [project.folder, project] as const))(
  "%s reaches into no other package's folder",
  (_, project) => {
    const files = [...sourcesOf(project, 'src'), ...sourcesOf(project, 'test')]
    const insides = files
      .flatMap(imports)
      .filter((name) => /^@switchyard\/[^/]+\/(src|dist|test)\b/.test(name))
    const outside = files.flatMap((file) =>
      imports(file).filter((name) => leavesProject(project, file, name)),
    )
    expect([...insides, ...outside]).toEqual([])
  },
)

test('a path that leaves the project is told from one that does not', () => {
  const project = projects().find(({ folder }) => folder === 'packages/memory') as Project
  const file = join(ROOT, 'packages/memory/src/deep/file.ts')
  expect(leavesProject(project, file, '../../../core/src/index.ts')).toBe(true)
  expect(leavesProject(project, file, '../store.ts')).toBe(false)
  expect(leavesProject(project, file, '@switchyard/core')).toBe(false)
})

test('the check finds imports in every form', () => {
  const project = projects().find(({ folder }) => folder === 'packages/memory') as Project
  expect(sourcesOf(project, 'src').flatMap(imports)).toContain('@switchyard/core')
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Project, projects, sourcesOf } from './workspace.ts'

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

test.each(projects().map((project) => [project.folder, project] as const))(
  "%s reaches into no other package's folder",
  (_, project) => {
    const all = [...sourcesOf(project, 'src'), ...sourcesOf(project, 'test')].flatMap(imports)
    const insides = all.filter((specifier) => /@switchyard\/[^/]+\/(src|dist|test)\b/.test(specifier))
    const outside = sourcesOf(project, 'src')
      .flatMap(imports)
      .filter((specifier) => specifier.startsWith('../../../'))
    expect([...insides, ...outside]).toEqual([])
  },
)

test('the check finds imports in every form', () => {
  const project = projects().find(({ folder }) => folder === 'packages/memory') as Project
  expect(sourcesOf(project, 'src').flatMap(imports)).toContain('@switchyard/core')
})

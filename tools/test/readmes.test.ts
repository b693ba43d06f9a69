import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRedisWanted, type RedisServer, startRedis } from '@switchyard/services'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from './command.ts'
import { examplesOf, lines, promisedOutput } from './readme-example.ts'
import { projects, ROOT } from './workspace.ts'

/** A project of a user: the packages in its node_modules, as they are in the workspace. */
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'switchyard-readme-'))
  mkdirSync(join(folder, 'node_modules', '@switchyard'), { recursive: true })
  for (const project of projects()) {
    symlinkSync(join(ROOT, project.folder), join(folder, 'node_modules', project.manifest.name))
  }
  mkdirSync(join(folder, 'node_modules', '@keyv'))
  for (const [user, name] of [
    ['core', 'valibot'],
    ['keyv', 'keyv'],
    ['keyv', '@keyv/redis'],
  ] as const) {
    symlinkSync(join(ROOT, 'packages', user, 'node_modules', name), join(folder, 'node_modules', name))
  }
})

afterAll(() => rmSync(folder, { recursive: true }))

const readmes = ['README.md', ...projects().map((project) => `${project.folder}/README.md`)]

test.each(readmes)('%s is there', (readme) => {
  expect(existsSync(join(ROOT, readme))).toBe(true)
})

const examples = readmes
  .filter((readme) => existsSync(join(ROOT, readme)))
  .flatMap((readme) => examplesOf(join(ROOT, readme)).map((example, i) => [readme, i + 1, example] as const))
const programs = examples.filter(([, , example]) => promisedOutput(example).length > 0)
const parts = examples.filter(([, , example]) => promisedOutput(example).length === 0)

/** Where the READMEs have a Redis. */
const REDIS_URL = 'redis://127.0.0.1:6379'

let redis: RedisServer | undefined

beforeAll(async () => {
  if (isRedisWanted()) redis = await startRedis()
})

afterAll(() => redis?.stop())

test.each(programs)('%s: example %i prints what it says', async (_, count, example) => {
  if (example.includes(REDIS_URL) && redis === undefined) return
  const file = join(folder, `example-${count}.mjs`)
  writeFileSync(file, example.replaceAll(REDIS_URL, redis?.url ?? REDIS_URL))
  expect(lines(await run(process.execPath, [file], { cwd: folder }))).toEqual(promisedOutput(example))
})

test.each(parts)('%s: example %i, which prints nothing, can be parsed', async (_, count, example) => {
  const file = join(folder, `part-${count}.mjs`)
  writeFileSync(file, example)
  await run(process.execPath, ['--check', file], { cwd: folder })
})

test('the two files of the conformance README test a backend', async () => {
  const [backend = '', conformance = ''] = examplesOf(join(ROOT, 'packages/conformance/README.md'))
  const directory = join(folder, 'test')
  mkdirSync(directory)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(directory, 'backend.js'), backend)
  writeFileSync(join(directory, 'conformance.test.js'), conformance)
  const output = await run(process.execPath, ['--test', join(directory, 'conformance.test.js')], {
    cwd: folder,
  })
  const count = (name: string): number => Number(new RegExp(`^[#ℹ] ${name} (\\d+)$`, 'm').exec(output)?.[1])
  expect(count('pass')).toBeGreaterThan(150)
  expect(count('fail') + count('skipped') + count('cancelled')).toBe(0)
}, 300_000)

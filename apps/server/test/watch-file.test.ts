import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type FileWatch, watchFile } from '../src/runtime-config/watch-file.ts'
import { temporaryFolder } from './support/start-server.ts'

const NEVER_MS = 2_000_000_000

let watches: FileWatch[] = []

afterEach(async () => {
  for (const watch of watches) await watch.close()
  watches = []
})

/** Follows the file; `next` resolves with each content that was taken, in their order. */
async function follow(path: string, options: { intervalMs?: number; settleMs?: number } = {}) {
  const read = (): Promise<string> => readFile(path, 'utf8').catch(() => 'none')
  const taken: string[] = []
  let wake = (): void => {}
  const watch = watchFile({
    paths: [path],
    read,
    isSame: (one, other) => one === other,
    initial: await read(),
    async onChange(found) {
      taken.push(found)
      wake()
    },
    intervalMs: NEVER_MS,
    settleMs: 20,
    ...options,
  })
  watches.push(watch)
  return {
    taken,
    watch,
    async next(): Promise<string> {
      while (taken.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return taken.shift() as string
    },
  }
}

describe('a change is found', () => {
  it('that is written into the file', async () => {
    const path = join(await temporaryFolder(), 'file')
    await writeFile(path, 'a')
    const file = await follow(path)
    await writeFile(path, 'b')
    expect(await file.next()).toBe('b')
    await writeFile(path, 'c')
    expect(await file.next()).toBe('c')
  })

  it('that puts another file in its place, again and again', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'file')
    await writeFile(path, 'a')
    const file = await follow(path)
    for (const text of ['b', 'c', 'd']) {
      await writeFile(`${path}.new`, text)
      await rename(`${path}.new`, path)
      expect(await file.next()).toBe(text)
    }
  })

  it('that makes it, and that removes it', async () => {
    const path = join(await temporaryFolder(), 'file')
    const file = await follow(path)
    await writeFile(path, 'a')
    expect(await file.next()).toBe('a')
    await rm(path)
    expect(await file.next()).toBe('none')
  })

  it('of a mounted Kubernetes volume, where links in the folder are exchanged', async () => {
    const folder = await temporaryFolder()
    const publish = async (name: string, text: string): Promise<void> => {
      await mkdir(join(folder, name))
      await writeFile(join(folder, name, 'file'), text)
      await symlink(name, join(folder, '..data_tmp'))
      await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    await publish('..1', 'a')
    await symlink('..data/file', join(folder, 'file'))
    const file = await follow(join(folder, 'file'))
    await publish('..2', 'b')
    await rm(join(folder, '..1'), { recursive: true })
    expect(await file.next()).toBe('b')
    await publish('..3', 'c')
    expect(await file.next()).toBe('c')
  })

  it('of a link to a file elsewhere, in place', async () => {
    const [folder, elsewhere] = [await temporaryFolder(), await temporaryFolder()]
    await writeFile(join(elsewhere, 'target'), 'a')
    await symlink(join(elsewhere, 'target'), join(folder, 'file'))
    const file = await follow(join(folder, 'file'))
    await writeFile(join(elsewhere, 'target'), 'b')
    expect(await file.next()).toBe('b')
  })

  it('in a folder that was removed and made again, by looking now and then', async () => {
    const folder = join(await temporaryFolder(), 'sub')
    await mkdir(folder)
    await writeFile(join(folder, 'file'), 'a')
    const file = await follow(join(folder, 'file'), { intervalMs: 50 })
    await rm(folder, { recursive: true })
    expect(await file.next()).toBe('none')
    await mkdir(folder)
    await writeFile(join(folder, 'file'), 'b')
    expect(await file.next()).toBe('b')
  })
})

/** What is taken of these readings, one after the other; the last is read again and again. */
async function takenOf(readings: readonly string[]): Promise<readonly string[]> {
  const taken: string[] = []
  const last = Promise.withResolvers<void>()
  let count = 0
  const watch = watchFile({
    paths: [join(await temporaryFolder(), 'file')],
    async read() {
      const found = readings[Math.min(count++, readings.length - 1)] as string
      if (count > readings.length + 5) last.resolve()
      return found
    },
    isSame: (one, other) => one === other,
    initial: 'a',
    onChange: async (found) => void taken.push(found),
    intervalMs: 5,
    settleMs: 1,
  })
  watches.push(watch)
  await last.promise
  return taken
}

describe('a content is taken', () => {
  it.each<[string, string[], string[]]>([
    ['when it reads the same twice', ['a', 'b', 'b'], ['b']],
    ['not while it is being written', ['a', '', 'b', 'bc', 'bcd', 'bcd'], ['bcd']],
    ['not if it is in the end what it was before', ['a', 'b', 'a', 'c', 'a', 'a'], []],
    ['once', ['a', 'b', 'b', 'b', 'b', 'c', 'c'], ['b', 'c']],
    ['also if it was there before', ['b', 'b', 'a', 'a', 'b', 'b'], ['b', 'a', 'b']],
  ])('%s', async (_, readings, taken) => {
    expect(await takenOf(readings)).toEqual(taken)
  })
})

it('changes are dealt with one after the other, and closing waits for the one under way', async () => {
  const path = join(await temporaryFolder(), 'file')
  await writeFile(path, 'a')
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const log: string[] = []
  const watch = watchFile({
    paths: [path],
    read: () => readFile(path, 'utf8'),
    isSame: (one, other) => one === other,
    initial: 'a',
    async onChange(found) {
      log.push(`begin ${found}`)
      begun.resolve()
      await gate.promise
      log.push(`end ${found}`)
    },
    intervalMs: 10,
    settleMs: 10,
  })
  watches.push(watch)
  await writeFile(path, 'b')
  await begun.promise
  await writeFile(path, 'c')
  await sleep(100)
  expect(log).toEqual(['begin b'])
  const closing = watch.close()
  gate.resolve()
  await closing
  expect(log).toEqual(['begin b', 'end b'])
})

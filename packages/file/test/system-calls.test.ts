import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isStraceWanted, type SystemCall, systemCalls } from '@switchyard/services'
import { describe, expect, test } from 'vitest'
import { fileNameOf } from '../src/tree/file-name.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PROGRAM = fileURLToPath(new URL('one-set.ts', import.meta.url))
const NAMES = ['write', 'pwrite64', 'writev', 'fsync', 'fdatasync', 'rename', 'renameat', 'renameat2']

/** The calls between the program's two messages, and when it acknowledged. */
async function callsOfSet(
  folder: string,
  layout: string,
  durability: string,
  flush = '',
): Promise<{
  readonly find: (pattern: RegExp) => SystemCall
  readonly texts: readonly string[]
  readonly acknowledged: number
}> {
  const all = await systemCalls(PROGRAM, [folder, layout, durability, flush], NAMES)
  const said = (text: string): number => all.find((call) => call.text.includes(text))?.began ?? Number.NaN
  const [begins, acknowledged] = [said('"begins'), said('"acknowledged')]
  const calls = all.filter(({ began }) => began > begins && began < acknowledged)
  const texts = calls.map(({ text }) => text)
  const find = (pattern: RegExp): SystemCall => {
    const found = calls.find(({ text }) => pattern.test(text))
    if (found === undefined) throw new Error(`no ${pattern} among\n${texts.join('\n')}`)
    return found
  }
  return { find, texts, acknowledged }
}

describe.runIf(isStraceWanted())('before a write is acknowledged', () => {
  test.each(['group', 'always'])("the log is synced, with durability '%s'", async (durability) => {
    const { find, acknowledged } = await callsOfSet(join(temporaryFolder(), 'state'), 'log', durability)
    const write = find(/^p?write.*\.log>.*a value to look for/)
    const sync = find(/^f(data)?sync\(.*\.log>/)
    expect(sync.began).toBeGreaterThan(write.ended)
    expect(acknowledged).toBeGreaterThan(sync.ended)
  })

  test.each(['group', 'always'])(
    "a file of the tree is synced, put in its place, and its folder synced, with durability '%s'",
    async (durability) => {
      const { find, acknowledged } = await callsOfSet(join(temporaryFolder(), 'state'), 'tree', durability)
      const [shard, name] = fileNameOf('key').split('/')
      const write = find(/^p?write.*\/\.new-[^/]*>.*a value to look for/)
      const sync = find(/^fsync\(.*\/\.new-[^/]*>/)
      const rename = find(new RegExp(`^rename.*/\\.new-.*${name}`))
      const syncFolder = find(new RegExp(`^fsync\\(.*/${shard}>`))
      expect(sync.began).toBeGreaterThan(write.ended)
      expect(rename.began).toBeGreaterThan(sync.ended)
      expect(syncFolder.began).toBeGreaterThan(rename.ended)
      expect(acknowledged).toBeGreaterThan(syncFolder.ended)
      // The shard was new.
      expect(find(/^fsync\(.*\/state>/).ended).toBeLessThan(acknowledged)
    },
  )

  test.each(['log', 'tree'])("nothing is synced with durability 'none' and layout '%s'", async (layout) => {
    const { texts } = await callsOfSet(join(temporaryFolder(), 'state'), layout, 'none')
    expect(texts.filter((text) => /sync/.test(text))).toEqual([])
  })

  test.each(['log', 'tree'])(
    "a flush syncs what was written with durability 'none', layout '%s'",
    async (layout) => {
      const { texts } = await callsOfSet(join(temporaryFolder(), 'state'), layout, 'none', 'flush')
      const [file, folder] =
        layout === 'log' ? ['\\d+\\.log', 'state'] : [fileNameOf('key'), dirname(fileNameOf('key'))]
      expect(texts.find((text) => new RegExp(`^f(data)?sync\\(.*/${file}>`).test(text))).toBeDefined()
      expect(texts.find((text) => new RegExp(`^fsync\\(.*/${folder}>`).test(text))).toBeDefined()
    },
  )
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createState, type State } from '@switchyard/core'
import { bundleProgram } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROUNDS = process.env['SWITCHYARD_TORTURE'] === '1' ? 2000 : 200

let writer: { readonly path: string; readonly folder: string }

beforeAll(async () => {
  writer = await bundleProgram(fileURLToPath(new URL('writer.ts', import.meta.url)))
})

afterAll(() => rmSync(writer.folder, { recursive: true, force: true }))

/** What a process had acknowledged when it was killed. */
interface Acknowledged {
  readonly sets: readonly number[]
  readonly deletes: readonly number[]
  /** Undefined if there was none. */
  readonly count: number | undefined
  readonly step: number | undefined
}

/** Lets a process write until it has acknowledged some lines, each time another number, and kills it. */
async function writeAndKill(path: string, durability: string, round: number): Promise<Acknowledged> {
  const args = ['--no-warnings', writer.path, path, durability, String(round)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const enough = 20 + ((round * 37) % 200)
  child.stdout.on('data', (text) => {
    output += String(text)
    if (output.split('\n').length > enough) child.kill('SIGKILL')
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  // A line that was not finished was not acknowledged.
  const lines = output.split('\n').slice(0, -1)
  const numbers = (kind: string): number[] =>
    lines.filter((line) => line.startsWith(`${kind} `)).map((line) => Number(line.slice(kind.length + 1)))
  return {
    sets: numbers('set'),
    deletes: numbers('delete'),
    count: numbers('count').at(-1),
    step: numbers('step').at(-1),
  }
}

/** Exact, or one ahead: the write that was under way may have been done, though nobody was told. */
function expectNext(found: number, acknowledged: number): void {
  expect([acknowledged, acknowledged + 1]).toContain(found)
}

describe.concurrent.each(['normal', 'full'])("durability '%s'", (durability) => {
  test(
    `${ROUNDS} killed processes lose no acknowledged write and bring no deleted key back`,
    async ({ onTestFinished }) => {
      const path = join(temporaryFolder(onTestFinished), 'state.db')
      const kept = new Map<string, number>()
      const deleted = new Set<string>()
      let count = 0
      let steps = 0
      let state: State | undefined
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const acknowledged = await writeAndKill(path, durability, round)
          const { sets, deletes } = acknowledged
          expect(sets.length).toBeGreaterThan(0)
          // In every other round this process has the file open while the other one is killed.
          state ??= await createState({ backends: { file: sqlite({ path }) }, cleanupInterval: false })

          const key = (i: number): string => `${round}:${i}`
          for (const i of deletes) deleted.add(key(i))
          // The delete that was under way may have been done.
          const underWay = (deletes.at(-1) ?? -1) + 1
          for (const i of sets) if (!deleted.has(key(i)) && i !== underWay) kept.set(key(i), i)
          expect(await state.getMany(sets.map(key).filter((name) => kept.has(name)))).toEqual(
            sets.filter((i) => kept.has(key(i))),
          )
          const back = await state.getMany(deletes.map(key))
          expect(back.filter((value) => value !== undefined)).toEqual([])

          const found = (await state.get<number>('count')) ?? 0
          expectNext(found, acknowledged.count ?? count)
          count = found

          const [stepped = 0, copy = 0] = await state.getMany<number>(['steps', 'copy of steps'])
          expectNext(stepped, acknowledged.step ?? steps)
          expect(copy).toBe(stepped)
          const at = (await state.keys({ prefix: 'at:' }).page()).items
          expect(at).toEqual(stepped === 0 ? [] : [`at:${stepped}`])
          steps = stepped

          if (round % 2 === 0) continue
          await state.close()
          state = undefined
        }
        // What was right after its round is right after all the others.
        state ??= await createState({ backends: { file: sqlite({ path }) }, cleanupInterval: false })
        const all = new Map<string, unknown>()
        for await (const entry of state.entries()) all.set(entry.key, entry.value)
        expect([...kept].filter(([name, value]) => all.get(name) !== value)).toEqual([])
        expect([...all.keys()].filter((name) => deleted.has(name))).toEqual([])
      } finally {
        await state?.close()
      }
    },
    ROUNDS * 5000,
  )
})

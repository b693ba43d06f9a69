import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createState } from '@switchyard/core'
import { bundleProgram } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileOptions } from '../src/index.ts'
import { CROWD } from './crowd.ts'
import { smallSegments } from './small-segments.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROUNDS = process.env['SWITCHYARD_TORTURE'] === '1' ? 2000 : 200
/** Folders that are written to at the same time, each with its share of the rounds. */
const FOLDERS = 4

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
  readonly crowd: number | undefined
}

/** Lets a process write until it has acknowledged some lines, each time another number, and kills it. */
async function writeAndKill({ path, layout, durability }: FileOptions, round: number): Promise<Acknowledged> {
  const args = ['--no-warnings', writer.path, path, String(layout), String(durability), String(round)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const most = layout === 'tree' ? 50 : durability === 'always' ? 200 : 900
  const enough = 20 + ((round * 37) % most)
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
    crowd: numbers('crowd').at(-1),
  }
}

/** Exact, or one ahead: the write that was under way may have been done, though nobody was told. */
function expectNext(found: number, acknowledged: number): void {
  expect([acknowledged, acknowledged + 1]).toContain(found)
}

async function killRounds(options: FileOptions, rounds: number): Promise<void> {
  const kept = new Set<string>()
  const deleted = new Set<string>()
  let count = 0
  let steps = 0
  let crowded = 0
  for (let round = 0; round < rounds; round++) {
    const acknowledged = await writeAndKill(options, round)
    const { sets, deletes } = acknowledged
    const key = (i: number): string => `${round}:${i}`
    for (const i of deletes) deleted.add(key(i))
    // The delete that was under way may have been done.
    const underWay = (deletes.at(-1) ?? -1) + 1
    for (const i of sets) if (!deleted.has(key(i)) && i !== underWay) kept.add(key(i))

    const state = await createState({ backends: { file: smallSegments(options) }, cleanupInterval: false })
    try {
      const all = new Map<string, unknown>()
      for await (const entry of state.entries()) all.set(entry.key, entry.value)
      expect([...kept].filter((name) => !all.has(name))).toEqual([])
      expect([...all.keys()].filter((name) => deleted.has(name))).toEqual([])
      for (const [name, value] of all) {
        if (name.startsWith(`${round}:`))
          expect(String(value)).toMatch(new RegExp(`^${name.split(':')[1]}x{300}$`))
      }
      const found = (all.get('count') as number | undefined) ?? 0
      expectNext(found, acknowledged.count ?? count)
      count = found
      const stepped = (all.get('steps') as number | undefined) ?? 0
      expectNext(stepped, acknowledged.step ?? steps)
      expect(all.get('copy of steps') ?? 0).toBe(stepped)
      expect([...all.keys()].filter((name) => name.startsWith('at:'))).toEqual(
        stepped === 0 ? [] : [`at:${stepped}`],
      )
      steps = stepped
      const crowd = (all.get('crowd') as number | undefined) ?? 0
      const told = acknowledged.crowd ?? crowded
      expect(crowd).toBeGreaterThanOrEqual(told)
      // Of each of the crowd one increment may have been under way.
      expect(crowd).toBeLessThanOrEqual(told + CROWD)
      crowded = crowd
    } finally {
      await state.close()
    }
  }
}

describe.each(['log', 'tree'] as const)("layout '%s'", (layout) => {
  test.each(['none', 'group', 'always'] as const)(
    `${ROUNDS} killed processes lose no acknowledged write and bring no deleted key back, with durability '%s'`,
    async (durability) => {
      const folder = temporaryFolder()
      const folders = Array.from({ length: FOLDERS }, (_, i) => join(folder, String(i)))
      const rounds = Math.ceil(ROUNDS / FOLDERS)
      await Promise.all(folders.map((path) => killRounds({ path, layout, durability }, rounds)))
    },
    ROUNDS * 5000,
  )
})

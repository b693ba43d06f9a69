import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createState } from '@switchyard/core'
import { expect, test } from 'vitest'
import { sqlite } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROUNDS = Number(process.env['SWITCHYARD_ROUNDS'] ?? 12)
const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url))

/** Lets a process write until it has acknowledged some lines, and kills it; all the lines. */
async function writeAndKill(path: string, durability: string, round: number): Promise<string[]> {
  const args = ['--no-warnings', WRITER, path, durability, String(round)]
  const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  const enough = 50 + ((round * 37) % 400)
  writer.stdout.on('data', (text) => {
    output += String(text)
    if (output.split('\n').length > enough) writer.kill('SIGKILL')
  })
  await once(writer, 'close')
  // A line that was not finished was not acknowledged.
  return output.split('\n').slice(0, -1)
}

function last(lines: readonly string[], kind: string): string | undefined {
  return lines.findLast((line) => line.startsWith(`${kind} `))?.slice(kind.length + 1)
}

test.each(['normal', 'full'])(
  `durability '%s': ${ROUNDS} killed processes lose no acknowledged write and bring no deleted key back`,
  async (durability) => {
    const path = join(temporaryFolder(), 'state.db')
    let counted = 0
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await writeAndKill(path, durability, round)
      const state = await createState({ backends: { file: sqlite({ path }) }, cleanupInterval: false })
      const sets = lines.filter((line) => line.startsWith('set ')).map((line) => Number(line.slice(4)))
      const deletes = lines.filter((line) => line.startsWith('delete ')).map((line) => Number(line.slice(7)))
      expect(sets.length).toBeGreaterThan(0)
      const key = (i: number): string => `${round}:${i}`
      const deleted = new Set(deletes)
      // The delete that was under way may have happened.
      const kept = sets.filter((i) => !deleted.has(i) && i !== (deletes.at(-1) ?? -1) + 1)
      expect(await state.getMany(kept.map(key))).toEqual(kept)
      expect((await state.getMany(deletes.map(key))).filter((value) => value !== undefined)).toEqual([])

      // Exact, but for the one increment that was not acknowledged.
      const count = (await state.get<number>('count')) ?? 0
      counted = Math.max(counted, Number(last(lines, 'count') ?? 0))
      expect(count - counted === 0 || count - counted === 1).toBe(true)
      counted = count

      const [left, right] = await state.getMany<string>(['left', 'right'])
      expect(left).toBe(right)
      await state.close()
    }
  },
  ROUNDS * 20_000,
)

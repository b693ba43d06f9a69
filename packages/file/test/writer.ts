import { writeSync } from 'node:fs'
import { createState } from '@switchyard/core'
import type { FileOptions } from '../src/index.ts'
import { CROWD } from './crowd.ts'
import { smallSegments } from './small-segments.ts'

/**
 * Writes for ever, and prints what was acknowledged: 'set 3', 'delete 2', 'count 7', 'step 4', 'crowd 90'. Ended by a kill.
 * Each line is one write to the file descriptor: a stream would keep lines back.
 */
const [path = '', layout = 'log', durability = 'group', round = '0'] = process.argv.slice(2)
const state = await createState({
  backends: { file: smallSegments({ path, layout, durability } as FileOptions) },
  cleanupInterval: false,
})

const acknowledge = (line: string): void => void writeSync(1, `${line}\n`)
const filler = 'x'.repeat(300)

/** Keeps the two newest keys. */
async function setAndDelete(): Promise<void> {
  for (let i = 0; ; i++) {
    await state.set(`${round}:${i}`, `${i}${filler}`)
    acknowledge(`set ${i}`)
    if (i < 2) continue
    await state.delete(`${round}:${i - 2}`)
    acknowledge(`delete ${i - 2}`)
  }
}

async function count(): Promise<void> {
  for (;;) acknowledge(`count ${await state.increment('count')}`)
}

/** Moves a key on by one and writes where to, all in one transaction. */
async function step(): Promise<void> {
  for (let i = (await state.get<number>('steps')) ?? 0; ; ) {
    await state.transaction({
      operations: [
        { op: 'delete', key: `at:${i}` },
        { op: 'set', key: `at:${++i}`, value: i },
        { op: 'increment', key: 'steps' },
        { op: 'set', key: 'copy of steps', value: i },
      ],
    })
    acknowledge(`step ${i}`)
  }
}

/** So many at once that they share commits. */
async function crowd(): Promise<void> {
  for (;;) acknowledge(`crowd ${await state.increment('crowd')}`)
}

/** Now and then a log is merged as well. */
async function optimize(): Promise<void> {
  while (layout === 'log') {
    await new Promise((resolve) => setTimeout(resolve, 5))
    await state.optimize()
  }
}

const crowds = layout === 'log' ? Array.from({ length: CROWD }, crowd) : []
await Promise.all([setAndDelete(), count(), step(), optimize(), ...crowds])

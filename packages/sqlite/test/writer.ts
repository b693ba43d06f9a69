import { writeSync } from 'node:fs'
import { createState } from '@switchyard/core'
import { sqlite } from '../src/index.ts'

/** Writes for ever, and prints what was acknowledged: 'set 3', 'delete 2', 'count 7', 'pair 4'. Ended by a kill. */
const [path = '', durability = 'normal', round = '0'] = process.argv.slice(2)
const state = await createState({
  backends: { file: sqlite({ path, durability: durability as 'normal' | 'full' }) },
  cleanupInterval: false,
})

/** Not through a stream: it would keep lines back. */
const acknowledge = (line: string): void => void writeSync(1, `${line}\n`)

async function setAndDelete(): Promise<void> {
  for (let i = 0; ; i++) {
    await state.set(`${round}:${i}`, i)
    acknowledge(`set ${i}`)
    if (i < 2) continue
    await state.delete(`${round}:${i - 2}`)
    acknowledge(`delete ${i - 2}`)
  }
}

async function count(): Promise<void> {
  for (;;) acknowledge(`count ${await state.increment('count')}`)
}

async function pairs(): Promise<void> {
  for (let i = 1; ; i++) {
    const set = (key: string) => ({ op: 'set', key, value: `${round}:${i}` }) as const
    await state.transaction({ operations: [set('left'), set('right')] })
    acknowledge(`pair ${round}:${i}`)
  }
}

await Promise.all([setAndDelete(), count(), pairs()])

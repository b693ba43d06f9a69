import assert from 'node:assert/strict'
import type { State } from '@switchyard/core'
import fc from 'fast-check'
import { type Area, type Case, either, onPlace } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertContent, assertSameKeys, inByteOrder, listKeys } from '../checks/listings.ts'
import { commandArbitrary } from '../random/command.ts'
import { createModel } from '../random/model.ts'
import { assertSameState, perform } from '../random/perform.ts'
import type { Trial } from '../trial.ts'

/** Longer than any run where time cannot be advanced. */
const HOUR_MS = 3_600_000
const SECOND_MS = 1000

export const random: Area = (traits) => {
  const commands = commandArbitrary(traits)
  return [
    randomCase(
      'does what a Map would, in short sequences',
      fc.array(commands, { minLength: 1, maxLength: 15, size: 'max' }),
      runCommands,
    ),
    randomCase(
      'does what a Map would, in long sequences',
      fc.array(commands, { minLength: 1, maxLength: 80, size: 'max' }),
      runCommands,
    ),
    randomCase(
      'gives back any JSON value',
      fc.array(fc.jsonValue(), { minLength: 1, maxLength: 20 }),
      async (values, trial) => {
        const state = await trial.openState()
        await state.setMany(values.map((value, i) => ({ key: `key${i}`, value })))
        const found = await state.getMany(values.map((_, i) => `key${i}`))
        // As JSON writes -0 as 0.
        assert.deepEqual(found, JSON.parse(JSON.stringify(values)))
      },
    ),
    randomCase(
      'gives back any bytes',
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      async (values, trial) => {
        const store = await trial.open()
        const entries = new Map(values.map((value, i) => [`key${i}`, entryOf(value)]))
        for (const [key, entry] of entries) await store.set(key, entry)
        await assertContent(store, entries)
      },
    ),
    randomCase(
      'keeps apart any legal keys, and lists each prefix exactly',
      keysArbitrary(),
      async (keys, trial) => {
        const store = await trial.open()
        await assertContent(store, new Map(await setEach(store, keys)))
        for (const key of keys) {
          const prefix = [...key].slice(0, Math.ceil(key.length / 3)).join('')
          const expected = keys.filter((other) => other.startsWith(prefix))
          assertSameKeys(
            await listKeys(store, { prefix, limit: 3 }),
            expected,
            `the keys that start with '${prefix}'`,
          )
        }
      },
    ),
    ...either(traits.ordered, [
      randomCase(
        'lists any legal keys in order, from any of them on',
        keysArbitrary(),
        async (keys, trial) => {
          const store = await trial.open()
          await setEach(store, keys)
          const inOrder = inByteOrder(keys)
          assert.deepEqual(await listKeys(store, { limit: 4 }), inOrder)
          for (const [i, after] of inOrder.entries()) {
            assert.deepEqual(await listKeys(store, { after }), inOrder.slice(i + 1), `after '${after}'`)
          }
        },
      ),
    ]),
  ]
}

/** Tries random data, each on a new place. What fails is made as small as possible, and told with its seed and path. */
function randomCase<T>(
  title: string,
  data: fc.Arbitrary<T>,
  run: (data: T, trial: Trial) => Promise<void>,
): Case {
  const { run: check } = onPlace(title, async (trial) => {
    const property = fc.asyncProperty(data, (one) => trial.another((inner) => run(one, inner)))
    await fc.assert(property, {
      seed: trial.traits.seed,
      numRuns: trial.traits.randomRuns,
      interruptAfterTimeLimit: trial.timeoutMs * 0.8,
    })
  })
  return { title, slow: true, run: check }
}

async function runCommands(commands: readonly Parameters<typeof perform>[0][], trial: Trial): Promise<void> {
  const unitMs = trial.traits.exactClock ? SECOND_MS : HOUR_MS
  const model = createModel(trial.clock, unitMs)
  let state: State = await trial.openState()
  const reopen = async (): Promise<void> => {
    await state.close()
    state = await trial.openState()
  }
  for (const command of commands) {
    await perform(command, { model, clock: trial.clock, unitMs, state: () => state, reopen })
  }
  await assertSameState(state, model, trial.traits.exactClock ? 0 : 10_000)
}

function keysArbitrary(): fc.Arbitrary<string[]> {
  const character = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.constantFrom('a', 'A', '%', '_', '*', ':', '/', '.', '\\', "'", 'é', 'e\u0301', '\uffff', '💡'),
  )
  const key = fc.string({ unit: character, minLength: 1, maxLength: 8 })
  const isLegal = (text: string): boolean => text.isWellFormed() && !text.includes('\0')
  return fc.uniqueArray(key.filter(isLegal), { minLength: 1, maxLength: 25 })
}

async function setEach(store: Awaited<ReturnType<Trial['open']>>, keys: readonly string[]) {
  const entries = keys.map((key) => [key, entryOf(`value of ${key}`)] as const)
  await store.write({ operations: entries.map(([key, entry]) => ({ op: 'set', key, entry })) })
  return entries
}

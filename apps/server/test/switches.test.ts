import { createState } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { expect, it } from 'vitest'
import { createSwitches } from '../src/switches/switches.ts'

it('the switch that can be rolled back is never forgotten, however many were given up since', async () => {
  await using state = await createState({
    backends: { one: memory(), other: memory() },
    active: 'one',
    journal: { read: async () => undefined, write: async () => {} },
  })
  const switches = createSwitches(state, undefined)
  for (const key of ['a', 'b', 'c']) await state.set(key, 1)
  const { id } = await switches.start('other', { allowVolatile: true })
  await switches.ended(id)
  const givenUp: string[] = []
  for (let i = 0; i < 150; i++) {
    const slow = await switches.start('one', { allowVolatile: true, maxRate: 0.1 })
    givenUp.push(slow.id)
    await switches.abort(slow.id)
  }
  expect(() => switches.status(givenUp[0] as string)).toThrow('has begun no switch')
  expect(switches.latest()).toMatchObject({ id: givenUp.at(-1), phase: 'aborted' })
  expect(switches.status(id)).toMatchObject({ phase: 'done' })
  const back = await switches.rollback(id)
  await switches.ended(back.id)
  expect(state.backends.active).toBe('one')
  expect((await state.keys().page()).items).toEqual(['a', 'b', 'c'])
  // There is no way back from the first one any more.
  for (let i = 0; i < 150; i++) {
    const slow = await switches.start('other', { allowVolatile: true, maxRate: 0.1 })
    await switches.abort(slow.id)
  }
  expect(() => switches.status(id)).toThrow('has begun no switch')
  expect(switches.status(back.id)).toMatchObject({ phase: 'done' })
})

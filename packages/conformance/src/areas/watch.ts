import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyStore, StoreChange } from '@switchyard/core'
import { type Area, type Case, either, onPlace, onState, onStore } from '../area.ts'
import { entryOf } from '../checks/entries.ts'
import { assertRejects } from '../checks/rejections.ts'

export const watch: Area = ({ watch: declared, shared }) => [
  onState('tells through the service what it changes', async (state) => {
    const changes = state.watch('a')
    const { version } = await state.set('a1', 1)
    await state.set('b', 1)
    await state.delete('a1')
    await state.delete('a1')
    await state.increment('a2')
    const told = [await changes.next(), await changes.next(), await changes.next()].map(({ value }) => value)
    assert.deepEqual(
      told.map((change) => [change?.type, change?.key]),
      [
        ['set', 'a1'],
        ['delete', 'a1'],
        ['set', 'a2'],
      ],
    )
    assert.equal(told[0]?.version, version)
    assert.equal(new Set(told.map((change) => change?.id)).size, 3)
    await changes.return()
  }),
  onState('takes the prefix of a watch literally, and the namespace off its keys', async (state) => {
    const inner = state.namespace('a%')
    const changes = inner.watch('k')
    await state.set('ab:key', 1)
    await inner.set('other', 1)
    await inner.set('key', 1)
    const { value } = await changes.next()
    assert.equal(value?.key, 'key')
    await changes.return()
  }),
  onState('ends the watches when it is closed', async (state) => {
    const next = state.watch().next()
    await state.close()
    assert.equal((await next).done, true)
  }),
  ...either(declared, watchCases(shared), [
    onStore('has no watch(), as it does not declare that', async (store) => {
      assert.equal(store.watch, undefined)
    }),
  ]),
]

function watchCases(shared: boolean): readonly Case[] {
  return [
    onStore('reports sets and deletions under a literal prefix', async (store) => {
      const entry = entryOf('value')
      const changes = await watched(store, 'a%', async () => {
        await store.set('ab', entryOf('other'))
        await store.set('a%1', entry)
        await store.delete('a%1')
        await store.write({ operations: [{ op: 'increment', key: 'a%2', by: 1, version: 'v' }] })
      })
      assert.deepEqual(await changes(3), ['set a%1', 'delete a%1', 'set a%2'])
    }),
    onStore('ends a watch by its signal', async (store) => {
      const stop = new AbortController()
      const iterator = opened(store, '', stop.signal)[Symbol.asyncIterator]()
      const next = iterator.next()
      stop.abort()
      const outcome = await Promise.allSettled([next])
      if (outcome[0].status === 'rejected') await assertRejects(Promise.reject(outcome[0].reason), 'ABORTED')
      else assert.equal(outcome[0].value.done, true)
    }),
    onStore('ends a watch when it is closed', async (store) => {
      const next = opened(store, '')[Symbol.asyncIterator]().next()
      await store.close()
      await Promise.allSettled([next])
    }),
    ...either(shared, [
      onPlace('reports what another opening and another process change', async (trial) => {
        const [store, other, process] = [await trial.open(), await trial.open(), await trial.startProcess()]
        const changes = await watched(store, 'key', async () => {
          await other.set('key1', entryOf('value'))
          await process.run('set', { key: 'key2', value: 1 })
          await process.run('delete', { key: 'key2' })
        })
        assert.deepEqual(await changes(3), ['set key1', 'set key2', 'delete key2'])
      }),
      onPlace(
        'tells through the service what another process changes, and its own changes once',
        async (trial) => {
          const [state, process] = [await trial.openState(), await trial.startProcess()]
          const changes = state.watch('key')
          const first = changes.next()
          let hasBegun = false
          void first.then(() => {
            hasBegun = true
          })
          for (let i = 0; !hasBegun; i++) {
            // The other process is heard from shortly after the watch has begun.
            await process.run('set', { key: 'key:theirs', value: i })
            await sleep(10)
          }
          await state.set('key:own', 1)
          await process.run('set', { key: 'key:last', value: 1 })
          const told: string[] = []
          while (told.at(-1) !== 'key:last') told.push((await changes.next()).value?.key ?? 'nothing')
          assert.deepEqual(
            told.filter((name) => name !== 'key:theirs'),
            ['key:own', 'key:last'],
          )
          await changes.return()
        },
      ),
    ]),
  ]
}

function opened(store: AnyStore, prefix: string, signal?: AbortSignal): AsyncIterable<StoreChange> {
  return store.watch?.(prefix, signal === undefined ? {} : { signal }) ?? assert.fail('there is no watch()')
}

/** Watches, lets changes be made once it is sure that the watch has begun, and gives so many of them as texts. */
async function watched(
  store: AnyStore,
  prefix: string,
  change: () => Promise<void>,
): Promise<(count: number) => Promise<string[]>> {
  const probe = `${prefix}probe`
  const iterator = opened(store, prefix)[Symbol.asyncIterator]()
  const first = iterator.next()
  let hasBegun = false
  void first.then(() => {
    hasBegun = true
  })
  while (!hasBegun) {
    await store.set(probe, entryOf('probe'))
    await sleep(10)
  }
  await change()
  return async (count) => {
    const texts: string[] = []
    while (texts.length < count) {
      const next = await iterator.next()
      assert.ok(next.done !== true, 'the watch ended')
      if (next.value.key !== probe) texts.push(`${next.value.type} ${next.value.key}`)
    }
    await iterator.return?.()
    return texts
  }
}

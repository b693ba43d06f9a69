import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openState } from './open-state.ts'
import { type Peer, startPeer, startPeers } from './start-peer.ts'
import { temporaryFolder } from './temporary-folder.ts'

const PROCESSES = 6
const keys = Array.from({ length: 100 }, (_, i) => `key${i}`)

describe(`${PROCESSES} processes`, () => {
  let path: string
  let peers: Peer[]

  beforeEach(async () => {
    path = join(temporaryFolder(), 'shared', 'state.db')
    peers = startPeers(PROCESSES)
    // All are up before the first one opens: nobody asked them anything yet, so they answer at once.
    await Promise.all(peers.map((peer) => peer.tell({ op: 'unlock' })))
    await Promise.all(peers.map((peer) => peer.tell({ op: 'open', path })))
  })

  test('that make the same file at the same moment all have it, and leave one file', async () => {
    await Promise.all(peers.map((peer, i) => peer.tell({ op: 'set', keys: [`of${i}`], value: `${i}` })))
    expect(await Promise.all(peers.map((peer) => peer.end()))).toEqual(peers.map(() => 0))
    const state = await openState(path)
    expect(await state.getMany(peers.map((_, i) => `of${i}`))).toEqual(peers.map((_, i) => `${i}`))
    // The last one to close takes the log in; of those that close at the same moment none may be the last.
    await state.close()
    expect(existsSync(`${path}-wal`)).toBe(false)
  })

  test('that count together count exactly', async () => {
    await Promise.all(peers.map((peer) => peer.tell({ op: 'increment', key: 'count', times: 200 })))
    const state = await openState(path)
    expect(await state.get('count')).toBe(200 * PROCESSES)
  })

  test('that create the same keys: each key has one creator, whose value it keeps', async () => {
    const created = await Promise.all(
      peers.map((peer, i) => peer.tell({ op: 'create', keys, value: `by ${i}` })),
    )
    expect(created.flat().toSorted()).toEqual(keys.toSorted())
    const state = await openState(path)
    const creators = keys.map((key) => created.findIndex((own) => own.includes(key)))
    expect(await state.getMany(keys)).toEqual(creators.map((i) => `by ${i}`))
  })

  test('that take the same keys: each value goes to one of them', async () => {
    const state = await openState(path)
    await state.setMany(keys.map((key) => ({ key, value: key })))
    const taken = await Promise.all(peers.map((peer) => peer.tell({ op: 'take', keys })))
    expect(taken.flat().toSorted()).toEqual(keys.toSorted())
    expect((await state.stats()).keys).toBe(0)
  })
})

test('a process that closed its state ends by itself', async () => {
  const path = join(temporaryFolder(), 'state.db')
  const peer = startPeer()
  await peer.tell({ op: 'open', path })
  await peer.tell({ op: 'set', keys, value: 'kept' })
  expect(await peer.end()).toBe(0)
  expect(existsSync(`${path}-wal`)).toBe(false)
  const state = await openState(path)
  expect((await state.stats()).keys).toBe(keys.length)
})

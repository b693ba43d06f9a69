import { describe, expect, it } from 'vitest'
import { createVersions, type Random, systemRandom } from '../src/versions.ts'
import { testState } from './test-state.ts'

describe('versions', () => {
  it('are unique among makers, such as processes', () => {
    const seen = new Set<string>()
    for (let maker = 0; maker < 200; maker++) {
      const next = createVersions(systemRandom)
      for (let i = 0; i < 100; i++) seen.add(next())
    }
    expect(seen.size).toBe(20_000)
  })

  it('do not repeat when the counter grows by a digit', () => {
    const next = createVersions(systemRandom)
    expect(new Set(Array.from({ length: 50_000 }, next)).size).toBe(50_000)
  })

  it('differ where makers differ in one bit only', () => {
    const withLastByte =
      (byte: number): Random =>
      (bytes) => {
        bytes[bytes.length - 1] = byte
        return bytes
      }
    const [a, b] = [createVersions(withLastByte(0)), createVersions(withLastByte(1))]
    const made = Array.from({ length: 5000 }, a).concat(Array.from({ length: 5000 }, b))
    expect(new Set(made).size).toBe(10_000)
  })

  it('take 96 random bits', () => {
    let asked = 0
    createVersions((bytes) => {
      asked = bytes.byteLength
      return bytes
    })
    expect(asked).toBe(12)
  })

  it('fit into an ETag', () => {
    const next = createVersions(systemRandom)
    for (let i = 0; i < 100; i++) expect(next()).toMatch(/^[\w-]+$/)
  })

  it('change with every write and are not used again after a delete', async () => {
    const { state } = await testState()
    const seen = new Set<string>()
    for (let i = 0; i < 5; i++) {
      seen.add((await state.set('a', 1)).version)
      await state.delete('a')
    }
    expect(seen.size).toBe(5)
  })

  it('are those of the state when it is given a maker', async () => {
    let count = 0
    const { state } = await testState({ nextVersion: () => `v${count++}` })
    const written = await state.set('a', 1)
    expect(written.version).toMatch(/^v\d+$/)
    expect((await state.getEntry('a'))?.version).toBe(written.version)
  })
})

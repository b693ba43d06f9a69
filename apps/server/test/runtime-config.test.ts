import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isStateError } from '@switchyard/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Overrides, type OverridesFile, overridesFile } from '../src/runtime-config/overrides-file.ts'
import {
  type ConfigSnapshot,
  openRuntimeConfig,
  type RuntimeConfig,
  type RuntimeConfigOptions,
} from '../src/runtime-config/runtime-config.ts'
import type { RuntimeSettings } from '../src/runtime-config/settings.ts'
import { temporaryFolder } from './support/start-server.ts'

const defaults: RuntimeSettings = {
  logLevel: 'info',
  maintenance: { enabled: false, retryAfter: 30 },
  rateLimitMultiplier: 1,
  features: {},
  cleanupInterval: '5m',
  custom: {},
}

/** A file of overrides that is a variable. */
function kept(overrides: Overrides = { revision: 0, patch: {} }) {
  let content = JSON.stringify(overrides)
  const file: OverridesFile = {
    path: 'here',
    read: async () => JSON.parse(content),
    async write(next) {
      await new Promise(setImmediate)
      content = JSON.stringify(next)
    },
  }
  return { file, content: () => content }
}

const onError = (error: unknown): never => {
  throw error
}

function open(options: Partial<RuntimeConfigOptions> = {}): Promise<RuntimeConfig> {
  return openRuntimeConfig({ defaults, file: kept().file, onError, ...options })
}

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    if (isStateError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('It was not refused')
}

const patch = (config: RuntimeConfig, change: unknown): Promise<ConfigSnapshot> => config.update(() => change)

describe('an update', () => {
  it('is a merge patch: what it does not name stays, null brings the default back', async () => {
    const config = await open()
    await patch(config, { maintenance: { enabled: true }, features: { a: true, b: false } })
    await patch(config, { logLevel: 'debug', features: { a: null }, custom: { list: [1, null] } })
    expect(config.current.settings).toEqual({
      ...defaults,
      logLevel: 'debug',
      maintenance: { enabled: true, retryAfter: 30 },
      features: { b: false },
      custom: { list: [1, null] },
    })
    await patch(config, { logLevel: null, maintenance: null, features: null, custom: null })
    expect(config.current.settings).toEqual(defaults)
  })

  it('that changes nothing makes no new version, and tells nobody', async () => {
    const config = await open()
    const { version } = await patch(config, { logLevel: 'debug' })
    const seen: ConfigSnapshot[] = []
    config.watch((snapshot) => seen.push(snapshot))
    expect((await patch(config, { logLevel: 'debug', custom: {} })).version).not.toBe(version)
    expect(seen).toHaveLength(1)
    const same = await patch(config, { logLevel: 'debug' })
    expect(same).toBe(config.current)
    expect(seen).toHaveLength(1)
  })

  it('is told to those who watch, until they have enough; one that fails disturbs nobody', async () => {
    const errors: unknown[] = []
    const config = await open({ onError: (error) => errors.push(error) })
    const seen: string[] = []
    config.watch(() => {
      throw new Error('listener')
    })
    const stop = config.watch(({ settings }) => seen.push(settings.logLevel))
    await patch(config, { logLevel: 'debug' })
    stop()
    await patch(config, { logLevel: 'warn' })
    expect(seen).toEqual(['debug'])
    expect(errors).toEqual([new Error('listener'), new Error('listener')])
  })

  it.each<[unknown, string]>([
    [
      { logLevel: 'loud' },
      'logLevel: expected "fatal" | "error" | "warn" | "info" | "debug" | "trace" | "silent", got "loud"',
    ],
    [{ maintenance: true }, 'maintenance: expected Object, got true'],
    [{ maintenance: { enabled: 'yes' } }, 'maintenance.enabled: expected boolean, got "yes"'],
    [
      { maintenance: { retryAfter: 0 } },
      'maintenance.retryAfter: expected a whole number from 1 to 86400, got 0',
    ],
    [{ maintenance: { until: 1 } }, 'maintenance.until: not a field; allowed: enabled, retryAfter'],
    [{ rateLimitMultiplier: 0 }, 'rateLimitMultiplier: expected a number from 0.001 to 1000000, got 0'],
    [{ features: { a: true, b: 1 } }, 'features.b: expected true or false, got 1'],
    [{ features: { constructor: 1 } }, 'features.constructor: expected true or false, got 1'],
    [JSON.parse('{ "features": { "__proto__": 1 } }'), 'features.__proto__: expected true or false, got 1'],
    [{ features: [] }, 'features: expected an object, got []'],
    [
      { cleanupInterval: 'soon' },
      'cleanupInterval: expected false, or milliseconds above 0 or text such as "30s" or "5m", got "soon"',
    ],
    [
      { cleanupInterval: true },
      'cleanupInterval: expected false, or milliseconds above 0 or text such as "30s" or "5m", got true',
    ],
    [{ custom: 5 }, 'custom: expected an object, got 5'],
    [{ port: 1 }, /^port: not a field; allowed: logLevel, maintenance, /],
    [{ constructor: 1 }, /^constructor: not a field; /],
    [JSON.parse('{ "__proto__": 1 }'), /^__proto__: not a field; /],
    [
      { rateLimitMultiplier: 'a', custom: 1 },
      'rateLimitMultiplier: expected a number from 0.001 to 1000000, got "a"; custom: expected an object, got 1',
    ],
  ] as [unknown, string][])('is refused by its path: %j', async (change, expected) => {
    const config = await open()
    const before = config.current
    const message = await refusal(patch(config, change))
    expect(message).toMatch(/^INVALID_OPTIONS: /)
    const reason = message.slice('INVALID_OPTIONS: '.length)
    if (typeof expected === 'string') expect(reason).toBe(expected)
    else expect(reason).toMatch(expected)
    expect(config.current).toBe(before)
  })

  it('is refused where all of them would take too much room', async () => {
    const config = await open()
    await patch(config, { custom: { one: 'x'.repeat(700_000) } })
    const before = config.current
    expect(await refusal(patch(config, { custom: { two: 'x'.repeat(700_000) } }))).toMatch(
      /^INVALID_OPTIONS: The settings would take 14\d+ bytes; 1048576 are the limit$/,
    )
    expect(config.current).toBe(before)
  })

  it('is refused where JSON could not keep it', async () => {
    const config = await open()
    expect(await refusal(patch(config, { custom: { big: Number.POSITIVE_INFINITY } }))).toMatch(
      /^NOT_SERIALIZABLE: /,
    )
    expect(config.current.settings).toEqual(defaults)
  })

  it('is not disturbed by names that objects have by themselves', async () => {
    const config = await open()
    const names = JSON.parse('{ "__proto__": true, "constructor": false }')
    await patch(config, { features: names, custom: names })
    expect(JSON.stringify(config.current.settings)).toContain(
      '"features":{"__proto__":true,"constructor":false}',
    )
    await patch(config, { features: null })
    expect(config.current.settings.features['constructor']).toBeUndefined()
  })
})

describe('a snapshot', () => {
  it('cannot be changed, and does not change', async () => {
    const given = { custom: { list: [{ deep: 1 }] } }
    const config = await open()
    const { settings } = await patch(config, given)
    expect(() => Object.assign(settings, { logLevel: 'x' })).toThrow(TypeError)
    const [first] = settings.custom['list'] as unknown as { deep: number }[]
    expect(() => Object.assign(first as object, { deep: 2 })).toThrow(TypeError)
    ;(given.custom.list[0] as { deep: number }).deep = 3
    await patch(config, { custom: { list: [] } })
    expect(settings.custom).toEqual({ list: [{ deep: 1 }] })
    expect(() => Object.assign(config.current.settings.maintenance, { enabled: true })).toThrow(TypeError)
  })
})

describe('a change that cannot be applied', () => {
  it('is undone where it was applied, in the opposite order, and not kept', async () => {
    const { file, content } = kept()
    const config = await open({ file })
    const log: string[] = []
    const failure = new Error('no')
    const applier = (name: string, fails: boolean) =>
      config.onApply(async (next) => {
        log.push(`${name} ${next.logLevel}`)
        await Promise.resolve()
        if (fails && next.logLevel === 'debug') throw failure
      })
    applier('first', false)
    applier('second', true)
    applier('third', false)
    const before = config.current
    await expect(patch(config, { logLevel: 'debug' })).rejects.toBe(failure)
    expect(log).toEqual(['first debug', 'second debug', 'second info', 'first info'])
    expect(config.current).toBe(before)
    expect(JSON.parse(content())).toEqual({ revision: 0, patch: {} })
    await patch(config, { logLevel: 'warn' })
    expect(log.slice(4)).toEqual(['first warn', 'second warn', 'third warn'])
  })

  it('is undone where it could not be kept', async () => {
    const { file } = kept()
    const failure = new Error('disk')
    const config = await open({ file: { ...file, write: () => Promise.reject(failure) } })
    const levels: string[] = []
    config.onApply(({ logLevel }) => void levels.push(logLevel))
    config.watch(() => levels.push('told'))
    await expect(patch(config, { logLevel: 'debug' })).rejects.toBe(failure)
    expect(levels).toEqual(['debug', 'info'])
    expect(config.current.settings).toEqual(defaults)
  })

  it('reports what cannot be undone', async () => {
    const errors: unknown[] = []
    const config = await open({ onError: (error) => errors.push(error) })
    config.onApply(({ logLevel }) => {
      throw new Error(logLevel)
    })
    await expect(patch(config, { logLevel: 'debug' })).rejects.toThrow('debug')
    expect(errors).toEqual([new Error('info')])
  })
})

describe('defaults that are replaced', () => {
  it('go where nothing was patched', async () => {
    const config = await open()
    await patch(config, { cleanupInterval: '1m' })
    const { version } = config.current
    await config.replaceDefaults({ ...defaults, logLevel: 'debug', cleanupInterval: '2m' })
    expect(config.current.settings).toMatchObject({ logLevel: 'debug', cleanupInterval: '1m' })
    expect(config.current.version).not.toBe(version)
    await patch(config, { cleanupInterval: null })
    expect(config.current.settings.cleanupInterval).toBe('2m')
  })

  it('and change nothing are told to nobody', async () => {
    const config = await open()
    await patch(config, { logLevel: 'warn' })
    const before = config.current
    config.watch(() => {
      throw new Error('told')
    })
    expect(await config.replaceDefaults({ ...defaults, logLevel: 'debug' })).toBe(before)
  })
})

describe('any patches', () => {
  // As it comes from JSON, which makes no difference between 0 and -0 when it is written.
  const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
  const valid = fc.record(
    {
      logLevel: fc.option(fc.constantFrom('debug', 'info', 'silent')),
      maintenance: fc.option(
        fc.record(
          { enabled: fc.option(fc.boolean()), retryAfter: fc.option(fc.integer({ min: 1, max: 99 })) },
          { requiredKeys: [] },
        ),
      ),
      rateLimitMultiplier: fc.option(fc.integer({ min: 1, max: 9 })),
      features: fc.option(
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.option(fc.boolean())),
      ),
      cleanupInterval: fc.option(fc.constantFrom('1m', 5000, false)),
      custom: fc.option(fc.dictionary(fc.string(), json)),
    },
    { requiredKeys: [] },
  )
  const invalid = fc.constantFrom({ logLevel: 'x' }, { unknown: 1 }, { features: { a: 1 } }, { custom: [] })
  const steps = fc.array(fc.oneof({ weight: 4, arbitrary: valid }, invalid), { maxLength: 12 })

  /** RFC 7396, by the letter of its pseudo-code, over entries instead of objects. */
  type Tree = ReadonlyMap<string, unknown>
  const isPlain = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const merge = (target: unknown, change: unknown): unknown => {
    if (!isPlain(change)) return change
    const result = new Map(target instanceof Map ? (target as Tree) : [])
    for (const [name, value] of Object.entries(change)) {
      if (value === null) result.delete(name)
      else result.set(name, merge(result.get(name), value))
    }
    return result
  }
  const entriesOf = (value: unknown): unknown => {
    if (value instanceof Map)
      return Object.fromEntries([...value].map(([name, inner]) => [`:${name}`, entriesOf(inner)]))
    if (!isPlain(value)) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [`:${name}`, entriesOf(inner)]))
  }

  it('do what RFC 7396 says, or nothing; versions tell, snapshots stay, and a restart changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (changes) => {
        const { file } = kept()
        const config = await open({ file })
        let applied: RuntimeSettings = config.current.settings
        config.onApply((next) => {
          applied = next
        })
        let model = merge(undefined, {})
        const versions = new Map([[config.current.version, JSON.stringify(config.current)]])
        const held: [ConfigSnapshot, string][] = []
        for (const change of changes) {
          const before = config.current
          const wanted = merge(model, change)
          const outcome = await patch(config, change).catch((error: unknown) => error)
          if (isStateError(outcome, 'INVALID_OPTIONS') || isStateError(outcome, 'NOT_SERIALIZABLE')) {
            expect(config.current).toBe(before)
          } else {
            expect(outcome).toBe(config.current)
            model = wanted
          }
          const expected = merge(merge(undefined, defaults), {})
          expect(entriesOf(config.current.settings)).toEqual(entriesOf(overlay(expected, model)))
          expect(applied).toEqual(config.current.settings)
          const text = JSON.stringify(config.current)
          expect(versions.get(config.current.version) ?? text).toBe(text)
          versions.set(config.current.version, text)
          held.push([config.current, text])
        }
        for (const [snapshot, text] of held) expect(JSON.stringify(snapshot)).toBe(text)
        expect((await open({ file })).current).toEqual(config.current)
      }),
      { numRuns: 300 },
    )
  })

  /** The overrides on top of the defaults. */
  const overlay = (target: unknown, over: unknown): unknown => {
    if (!(over instanceof Map)) return over
    const result = new Map(target instanceof Map ? (target as Tree) : [])
    for (const [name, value] of over) result.set(name, overlay(result.get(name), value))
    return result
  }

  it('that come at the same time are made one by one: none is lost, and one of each version wins', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('count', 'if', 'fail'), { minLength: 1, maxLength: 30 }),
        async (kinds) => {
          const config = await open()
          let applied = config.current.settings
          config.onApply((next) => {
            applied = next
            if (next.custom['fails'] === true) throw new Error('no')
          })
          const { version } = config.current
          const conflict = new Error('conflict')
          const outcomes = await Promise.allSettled(
            kinds.map((kind, i) =>
              config.update((current) => {
                if (kind === 'fail') return { custom: { fails: true } }
                if (kind === 'count')
                  return { custom: { count: Number(current.settings.custom['count'] ?? 0) + 1 } }
                if (current.version !== version) throw conflict
                return { custom: { winner: i } }
              }),
            ),
          )
          const won = outcomes.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
          const counted = kinds.filter((kind) => kind === 'count').length
          const firstChange = kinds.findIndex((kind) => kind !== 'fail')
          const winners = won.filter((i) => kinds[i] === 'if')
          expect(winners).toEqual(kinds[firstChange] === 'if' ? [firstChange] : [])
          expect(config.current.settings.custom['count'] ?? 0).toBe(counted)
          expect(won).toHaveLength(counted + winners.length)
          expect(applied).toEqual(config.current.settings)
          const versions = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.version] : []))
          expect(new Set(versions).size).toBe(versions.length)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('the file', () => {
  it('is made by the first update, replaced whole, and read again', async () => {
    const folder = await temporaryFolder()
    const file = overridesFile(join(folder, 'config.json'))
    const config = await open({ file })
    expect(await readdir(folder)).toEqual([])
    await patch(config, { features: { beta: true } })
    await patch(config, { logLevel: 'debug' })
    expect(await readdir(folder)).toEqual(['config.json'])
    expect(JSON.parse(await readFile(file.path, 'utf8'))).toEqual({
      format: 1,
      revision: 2,
      patch: { features: { beta: true }, logLevel: 'debug' },
    })
    expect((await open({ file })).current).toEqual(config.current)
  })

  it.each<[string, string, RegExp]>([
    ['damaged', '{ "format": 1', /does not hold runtime settings: .*JSON.*; put it right, or remove it/],
    ['empty', '', /does not hold runtime settings: /],
    ['of another format', '{ "format": 2 }', /its format is 2, not 1/],
    ['something else', '[]', /its format is undefined, not 1/],
    ['not complete', '{ "format": 1, "revision": 1 }', /it has no revision or no patch/],
    [
      'not sensible',
      '{ "format": 1, "revision": 1, "patch": { "logLevel": "x" } }',
      /: logLevel: expected .*, got "x"; put/,
    ],
    [
      'not an object',
      '{ "format": 1, "revision": 1, "patch": [] }',
      /: the configuration: expected fields, got a list; put/,
    ],
  ])('that is %s is a clear error at the start', async (_, text, expected) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'config.json'), text)
    const message = await refusal(open({ file: overridesFile(join(folder, 'config.json')) }))
    expect(message).toMatch(/^CORRUPT: '.*config\.json' /)
    expect(message).toMatch(expected)
  })

  it('that cannot be read or written says why', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'config.json'))
    expect(await refusal(open({ file: overridesFile(join(folder, 'config.json')) }))).toMatch(
      /^UNAVAILABLE: '.*config\.json' cannot be read: EISDIR/,
    )
    const gone = await open({ file: overridesFile(join(folder, 'gone/config.json')) })
    expect(await refusal(patch(gone, { logLevel: 'warn' }))).toMatch(
      /^BACKEND_ERROR: .* was not replaced: ENOENT/,
    )
    expect(gone.current.settings).toEqual(defaults)
  })
})

import { describe, expect, it } from 'vitest'
import { createEvents } from '../src/events.ts'
import { type AnyStore, type Backend, createState, type PluginContext, systemClock } from '../src/index.ts'
import { createRegistry } from '../src/registry.ts'
import { systemRandom } from '../src/versions.ts'
import {
  backendOf,
  capabilities,
  codeOf,
  manualClock,
  mapStore,
  never,
  testState,
  turn,
} from './test-state.ts'

function registry() {
  const events = createEvents('epoch', () => {})
  const seen: string[] = []
  events.on('backend', ({ type, backend }) => seen.push(`${type} ${backend}`))
  const logger = { warn: () => {} }
  return {
    seen,
    registry: createRegistry({
      clock: systemClock,
      random: systemRandom,
      logger,
      events,
      closeTimeoutMs: 1000,
    }),
  }
}

/** Opened by hand. */
function gated(store: AnyStore) {
  const gate = Promise.withResolvers<void>()
  let opened = 0
  let context: PluginContext | undefined
  const backend: Backend = {
    plugin: { name: 'gated', capabilities },
    async open(given) {
      opened++
      context = given
      await gate.promise
      return store
    },
  }
  return { backend, gate, opened: () => opened, context: () => context }
}

const store = (replace: Partial<AnyStore> = {}): AnyStore => ({ ...mapStore(manualClock()), ...replace })

describe('a backend', () => {
  it('is opened once for all who ask at the same time, under its registered name', async () => {
    const { registry: backends, seen } = registry()
    const { backend, gate, opened, context } = gated(store())
    backends.register('mine', backend)
    const opens = [backends.open('mine'), backends.open('mine')]
    expect(backends.info('mine')).toMatchObject({ name: 'mine', plugin: 'gated', open: false })
    gate.resolve()
    const [first, second] = await Promise.all(opens)
    expect(first).toBe(second)
    expect(opened()).toBe(1)
    expect(context()?.backend).toBe('mine')
    expect(backends.info('mine').open).toBe(true)
    expect(seen).toEqual(['registered mine', 'opened mine'])
  })

  it('that fails to open fails with its own reason and name, and may be tried again', async () => {
    const { registry: backends } = registry()
    let down = true
    const good = backendOf(store())
    backends.register('flaky', {
      ...good,
      open(context) {
        if (down) throw new Error('refused')
        return good.open(context)
      },
    })
    await expect(backends.open('flaky')).rejects.toMatchObject({
      code: 'BACKEND_ERROR',
      backend: 'flaky',
      operation: 'open',
    })
    expect(backends.info('flaky').open).toBe(false)
    down = false
    await backends.open('flaky')
    expect(backends.info('flaky').open).toBe(true)
  })

  it('that is unregistered while it opens is closed when it is open', async () => {
    const { registry: backends, seen } = registry()
    let closed = 0
    const close = async (): Promise<void> => {
      closed++
    }
    const { backend, gate } = gated(store({ close }))
    backends.register('late', backend)
    const opening = backends.open('late')
    const removing = backends.unregister('late')
    expect(await codeOf(() => backends.open('late'))).toBe('UNKNOWN_BACKEND')
    gate.resolve()
    await Promise.all([opening, removing])
    expect(closed).toBe(1)
    expect(seen).toEqual(['registered late', 'opened late', 'closed late', 'unregistered late'])
    backends.register('late', backend)
  })

  it('that was never needed is never opened, nor closed', async () => {
    const { registry: backends, seen } = registry()
    const { backend, opened } = gated(store())
    backends.register('idle', backend)
    await backends.close()
    expect(opened()).toBe(0)
    expect(seen).toEqual(['registered idle'])
  })

  it('of a name that is not known is refused with those that are', async () => {
    const { registry: backends } = registry()
    backends.register('a', backendOf(store()))
    backends.register('b', backendOf(store()))
    await expect(backends.health('c', 10)).rejects.toMatchObject({
      code: 'UNKNOWN_BACKEND',
      message: expect.stringContaining('a, b'),
    })
  })

  it.each([
    ['no name', '', backendOf(store())],
    ['a plugin that was not called', 'a', () => backendOf(store())],
    ['nothing', 'a', undefined],
  ])('is refused: %s', async (_, name, backend) => {
    const { registry: backends } = registry()
    expect(await codeOf(() => backends.register(name, backend as Backend))).toBe('INVALID_OPTIONS')
    expect(backends.list()).toEqual([])
  })
})

describe('the health of a backend', () => {
  const healthOf = (replace: Partial<AnyStore>) => {
    const { registry: backends } = registry()
    backends.register('main', backendOf(store(replace)))
    return backends.health('main', 20)
  }

  it('is good where a read succeeds', async () => {
    expect(await healthOf({})).toEqual({ healthy: true })
  })

  it.each<[string, Partial<AnyStore>]>([
    ['a read', { get: () => never }],
    ['its own check', { checkHealth: () => never }],
  ])('is bad where %s hangs, after the time allowed', async (_, replace) => {
    expect(await healthOf(replace)).toEqual({ healthy: false, reason: 'no answer within 20 ms' })
  })

  it('is bad where it hangs on opening', async () => {
    const { registry: backends } = registry()
    const { backend, gate } = gated(store())
    backends.register('slow', backend)
    expect((await backends.health('slow', 20)).healthy).toBe(false)
    gate.resolve()
    await backends.open('slow')
    expect(await backends.health('slow', 1000)).toEqual({ healthy: true })
  })

  it.each<[string, Partial<AnyStore>]>([
    [
      'throws',
      {
        get: () => {
          throw new Error('disk')
        },
      },
    ],
    [
      'rejects',
      {
        get: async () => {
          throw new Error('disk')
        },
      },
    ],
  ])('is bad, with the reason, where a read %s', async (_, replace) => {
    expect(await healthOf(replace)).toMatchObject({ healthy: false, reason: expect.stringContaining('disk') })
  })

  it('is what its own check says', async () => {
    const detail = { lagMs: 5 }
    const health = { healthy: false, reason: 'behind', detail }
    expect(await healthOf({ checkHealth: async () => health })).toEqual(health)
  })
})

describe('closing', () => {
  it('closes every backend that is open, also if one of them fails, and then tells', async () => {
    const { registry: backends } = registry()
    const closed: string[] = []
    const cause = new Error('flush')
    for (const name of ['a', 'b', 'c']) {
      const close = async (): Promise<void> => {
        if (name === 'b') throw cause
        closed.push(name)
      }
      backends.register(name, backendOf(store({ close })))
      await backends.open(name)
    }
    await expect(backends.close()).rejects.toMatchObject({ code: 'BACKEND_ERROR', operation: 'close', cause })
    expect(closed).toEqual(['a', 'c'])
    expect(await codeOf(() => backends.open('a'))).toBe('CLOSED')
  })

  it('tells a backend that still opens that it is no longer wanted', async () => {
    const { registry: backends } = registry()
    const { backend, gate, context } = gated(store())
    backends.register('slow', backend)
    const opening = backends.open('slow')
    const closing = backends.close()
    await turn()
    expect(context()?.signal.aborted).toBe(true)
    gate.resolve()
    await Promise.all([opening, closing])
  })
})

describe('the backends of a state', () => {
  it('are listed with plugin, capabilities and whether they are open; the active one cannot be removed', async () => {
    const other = backendOf(store(), { ordered: false })
    const state = await createState({
      backends: { main: backendOf(store()), other },
      active: 'main',
      cleanupInterval: false,
    })
    expect(state.backends.active).toBe('main')
    expect(state.backends.list()).toEqual([
      { name: 'main', plugin: 'test', capabilities, open: true },
      { name: 'other', plugin: 'test', capabilities: { ...capabilities, ordered: false }, open: false },
    ])
    expect(await codeOf(() => state.backends.unregister('main'))).toBe('BACKEND_IN_USE')
    await state.set('a', 1)
    expect(await state.backends.health()).toEqual({ healthy: true })
    await state.close()
  })

  it('that cannot be compacted refuse to be, before anything is sent', async () => {
    const { state } = await testState()
    expect(await codeOf(() => state.optimize())).toBe('NOT_SUPPORTED')
    const result = { bytesBefore: 2, bytesAfter: 1 }
    const { state: able } = await testState({ capabilities: { optimize: true } }, () => ({
      optimize: async () => result,
    }))
    expect(await able.optimize()).toEqual(result)
  })

  it('of a state that could not be opened leave nothing behind: it may be created again', async () => {
    let down = true
    const good = backendOf(store())
    const backend: Backend = {
      ...good,
      async open(context) {
        if (down) throw new Error('down')
        return good.open(context)
      },
    }
    const options = { backends: { backend }, cleanupInterval: false } as const
    expect(await codeOf(() => createState(options))).toBe('BACKEND_ERROR')
    down = false
    const state = await createState(options)
    await state.close()
  })
})

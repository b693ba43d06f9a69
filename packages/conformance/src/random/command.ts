import fc from 'fast-check'

/** Versions to expect: the present one, one that is not the present one, or that there is none. */
export type Expected = 'current' | 'stale' | 'absent'

export type BatchOperation =
  | { readonly op: 'set'; readonly key: string; readonly value: unknown; readonly ttl?: number }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'increment'; readonly key: string; readonly by: number; readonly ttl?: number }

/** One step of a random sequence. Plain data, so that a counterexample can be read. Times are in units. */
export type Command =
  | {
      readonly run: 'set'
      readonly key: string
      readonly value: unknown
      readonly ttl?: number
      readonly if?: Expected
    }
  | { readonly run: 'setKeepingTtl'; readonly key: string; readonly value: unknown }
  | { readonly run: 'delete'; readonly key: string; readonly if?: 'current' | 'stale' }
  | { readonly run: 'read'; readonly keys: readonly string[] }
  | { readonly run: 'touch'; readonly key: string; readonly ttl: number }
  | { readonly run: 'persist' | 'take'; readonly key: string }
  | { readonly run: 'update'; readonly key: string; readonly to: unknown; readonly ttl?: number }
  | { readonly run: 'increment'; readonly key: string; readonly by: number; readonly ttl?: number }
  | {
      readonly run: 'setMany'
      readonly entries: readonly { readonly key: string; readonly value: unknown; readonly ttl?: number }[]
    }
  | { readonly run: 'deleteMany'; readonly keys: readonly string[] }
  | {
      readonly run: 'transaction'
      readonly checks: readonly { readonly key: string; readonly if: Expected }[]
      readonly operations: readonly BatchOperation[]
    }
  | { readonly run: 'list'; readonly prefix: string; readonly limit: number }
  | { readonly run: 'clear'; readonly prefix: string }
  | { readonly run: 'advance'; readonly units: number }
  | { readonly run: 'cleanup' | 'reopen' }

const KEYS = ['a', 'A', 'ab', 'a%', 'a:1', 'a:2', 'é', 'e\u0301', '💡', '\ufffd', '__proto__', '../a']
/** Where several commands of a sequence meet. */
const FREQUENT_KEYS = ['a', 'a:1', 'é']
const PREFIXES = ['', 'a', 'a%', 'a:', 'A', 'e', '💡', '_']

export interface CommandOptions {
  readonly transactions: boolean
  readonly durable: boolean
  /** Whether time can be advanced. */
  readonly exactClock: boolean
}

export function commandArbitrary({
  transactions,
  durable,
  exactClock,
}: CommandOptions): fc.Arbitrary<Command> {
  const key = fc.oneof(fc.constantFrom(...FREQUENT_KEYS), fc.constantFrom(...KEYS))
  const keys = fc.array(key, { maxLength: 6 })
  const value = fc.oneof(
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom(null, false, '', 'text', '7', [1], { a: {} }),
  )
  const ttl = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined, freq: 2 })
  const units = fc.integer({ min: 1, max: 4 })
  const prefix = fc.constantFrom(...PREFIXES)
  const expected = fc.constantFrom<Expected>('current', 'stale', 'absent')
  const set = plain({ key, value, ttl })
  const by = fc.integer({ min: -9, max: 9 })
  const run = <Name extends Command['run']>(name: Name): fc.Arbitrary<Name> => fc.constant(name)
  const op = <Name extends BatchOperation['op']>(name: Name): fc.Arbitrary<Name> => fc.constant(name)
  const operation = fc.oneof(
    plain({ op: op('set'), key, value, ttl }),
    plain({ op: op('delete'), key }),
    plain({ op: op('increment'), key, by, ttl }),
  )
  const check = plain({ key, if: expected })

  const weighted: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<unknown> }[] = [
    {
      weight: 5,
      arbitrary: plain({ run: run('set'), key, value, ttl, if: fc.option(expected, { nil: undefined }) }),
    },
    { weight: 2, arbitrary: plain({ run: run('setKeepingTtl'), key, value }) },
    {
      weight: 2,
      arbitrary: plain({ run: run('delete'), key, if: fc.constantFrom(undefined, 'current', 'stale') }),
    },
    { weight: 3, arbitrary: plain({ run: run('read'), keys }) },
    { weight: 1, arbitrary: plain({ run: run('touch'), key, ttl: units }) },
    { weight: 2, arbitrary: plain({ run: fc.constantFrom('persist', 'take'), key }) },
    {
      weight: 2,
      arbitrary: plain({ run: run('update'), key, to: fc.option(value, { nil: undefined }), ttl }),
    },
    { weight: 3, arbitrary: plain({ run: run('increment'), key, by, ttl }) },
    { weight: 2, arbitrary: plain({ run: run('setMany'), entries: fc.array(set, { maxLength: 5 }) }) },
    { weight: 1, arbitrary: plain({ run: run('deleteMany'), keys }) },
    { weight: 2, arbitrary: plain({ run: run('list'), prefix, limit: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 1, arbitrary: plain({ run: run('clear'), prefix }) },
    { weight: 1, arbitrary: plain({ run: run('cleanup') }) },
    {
      weight: transactions ? 3 : 0,
      arbitrary: plain({
        run: run('transaction'),
        checks: fc.array(check, { maxLength: 2 }),
        operations: fc.array(operation, { maxLength: 4 }),
      }),
    },
    { weight: exactClock ? 3 : 0, arbitrary: plain({ run: run('advance'), units }) },
    { weight: durable ? 1 : 0, arbitrary: plain({ run: run('reopen') }) },
  ]
  return fc.oneof(...weighted.filter(({ weight }) => weight > 0)) as fc.Arbitrary<Command>
}

/** With a prototype, so that a counterexample reads as what one would write. */
function plain<T>(model: { readonly [Name in keyof T]: fc.Arbitrary<T[Name]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>
}

/** A naive variant of the algorithm: pieces of the sources of `@switchyard/core`, each there exactly once, and what stands in their place. */
export interface Mutant {
  readonly name: string
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[]
}

/** The source with these changes. */
export function mutated(source: string, changes: Mutant['changes']): string {
  return changes.reduce((text, { file, from, to }) => {
    if (text.split(from).length !== 2) throw new Error(`'${from}' is not once in ${file}`)
    return text.replace(from, () => to)
  }, source)
}

/** The comparison of both stores repairs most of what a wrong copy leaves; a variant must be caught without it. */
const UNVERIFIED = [
  {
    file: 'switch/switch-run.ts',
    from: '    await verify()\n',
    to: '',
  },
  {
    file: 'switch/switch-run.ts',
    from: '    if (first === undefined) return\n',
    to: '    return\n',
  },
]

const COPY = 'switch/copier.ts'
const AS_SET = "return { op: 'set', key, entry }\n}"

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no drain before the commit',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/cut-over.ts',
        from: 'const drained = await copier.drainAll(overrun.signal)',
        to: 'const drained: readonly string[] = []',
      },
    ],
  },
  {
    name: 'marked before the write instead of after it has settled',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/tracked-store.ts',
        from: '    let answer: Awaitable<T>\n',
        to: '    mark()\n    let answer: Awaitable<T>\n',
      },
      {
        file: 'switch/tracked-store.ts',
        from: '      (value) => {\n        mark()\n',
        to: '      (value) => {\n',
      },
    ],
  },
  {
    name: 'mark cleared after the copy instead of before it',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/dirty-keys.ts',
        from: '    take(count) {',
        to: '    remove: (key: string) => void keys.delete(key),\n    take(count) {',
      },
      {
        file: COPY,
        from: '    return keys\n',
        to: '    for (const key of keys) (dirty as unknown as { remove(key: string): void }).remove(key)\n    return keys\n',
      },
    ],
  },
  {
    name: 'no waiting for the writes that were sent before the switch began',
    changes: [
      ...UNVERIFIED,
      { file: 'switch/switch-run.ts', from: '    await abortable(\n', to: '    void abortable(\n' },
    ],
  },
  {
    name: 'no waiting for what is in flight before the last copy',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/cut-over.ts',
        from: 'operations.pause().then(',
        to: 'Promise.resolve(void operations.pause()).then(',
      },
    ],
  },
  {
    name: 'operations go on while the last copy is made',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/cut-over.ts',
        from: 'operations.pause().then(',
        to: 'Promise.resolve().then(',
      },
      // It would never get to the end.
      {
        file: 'switch/cut-over.ts',
        from: 'copier.drainAll(overrun.signal)',
        to: 'copier.drain(50, { hurry: true }).then((): readonly string[] => [])',
      },
    ],
  },
  {
    name: 'imports that overtake each other',
    changes: [...UNVERIFIED, { file: COPY, from: '      await writeAll(\n', to: '      void writeAll(\n' }],
  },
  {
    name: 'deletions are not copied',
    changes: [
      ...UNVERIFIED,
      {
        file: COPY,
        from: "return entry === undefined ? { op: 'delete', key } : { op: 'set', key, entry }\n        }),",
        to: "return entry === undefined ? undefined : { op: 'set', key, entry }\n        }).filter((operation) => operation !== undefined) as Operation[],",
      },
    ],
  },
  {
    name: 'the rest of the TTL instead of its end',
    changes: [
      ...UNVERIFIED,
      {
        file: COPY,
        from: AS_SET,
        to: "const later = entry.expiresAt === undefined ? entry : { ...entry, expiresAt: entry.expiresAt + 200 }\n  return { op: 'set', key, entry: later }\n}",
      },
    ],
  },
  {
    name: 'no TTL',
    changes: [
      ...UNVERIFIED,
      {
        file: COPY,
        from: AS_SET,
        to: "const { expiresAt: _, ...rest } = entry\n  return { op: 'set', key, entry: rest }\n}",
      },
    ],
  },
  {
    name: 'versions given anew by the copy',
    changes: [
      ...UNVERIFIED,
      {
        file: COPY,
        from: AS_SET,
        to: "return { op: 'set', key, entry: { ...entry, version: 'copied-'.concat(entry.version) } }\n}",
      },
    ],
  },
  {
    name: 'a target that is not emptied before',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/switcher.ts',
        from: 'if (isOurs(to, switchOptions.replace)) await wipe(target.store)\n    else if',
        to: 'if (switchOptions.replace !== true)\n    if',
      },
    ],
  },
]

/** Variants that a history shows only after a crash of the right kind at the right moment; the tests of the core make it. */
export const CORE_MUTANTS: readonly Mutant[] = [
  {
    name: 'a write whose caller has given up taken as finished',
    changes: [
      {
        file: 'operations.ts',
        from: '      watch.giveUp = (code, reason) => {\n        reject(failure(call, call.writes',
        to: '      watch.giveUp = (code, reason) => {\n        leave(by)\n        by = { route: by.route, running: 2 }\n        reject(failure(call, call.writes',
      },
    ],
  },
  {
    name: 'writes of another kind of promise taken as finished',
    changes: [
      { file: 'switch/tracked-store.ts', from: '!isPromise(answer)', to: '!(answer instanceof Promise)' },
    ],
  },
  {
    name: 'the source serves again after a commit that may have been made',
    changes: [
      {
        file: 'switch/switch-run.ts',
        from: '          if (!isCertainlyNotDone(error)) halt(error)\n',
        to: '',
      },
    ],
  },
  {
    name: 'an abort empties the target that the journal may name',
    changes: [
      { file: 'switch/switcher.ts', from: 'if (halted === undefined) await giveUp()', to: 'await giveUp()' },
    ],
  },
  {
    name: 'the target is not flushed before the commit',
    changes: [
      {
        file: 'switch/switch-run.ts',
        from: '        await target.store.flush?.()\n        await assertSameIncarnation()\n',
        to: '        await assertSameIncarnation()\n',
      },
    ],
  },
  {
    name: 'a target that was restarted is committed to',
    changes: [{ file: 'switch/switch-run.ts', from: '        await assertSameIncarnation()\n', to: '' }],
  },
  {
    name: 'what is compared beside writes ends the switch',
    changes: [
      {
        file: 'switch/cut-over.ts',
        from: '    await copying?.catch(() => undefined)\n',
        to: '    await copying\n',
      },
    ],
  },
  {
    name: 'another backend under the name of a removed one is taken for an old copy',
    changes: [{ file: 'service.ts', from: '        await switcher?.forget(name)\n', to: '' }],
  },
  {
    name: 'what a dead process has sent is not fenced off',
    changes: [
      {
        file: 'switch/switch-ends.ts',
        from: '      await source.store.fence?.()\n      await target.store.fence?.()\n',
        to: '',
      },
    ],
  },
  {
    name: 'the next switch does not wait for what an aborted one has on its way',
    changes: [
      {
        file: 'operations.ts',
        from: 'const routes = new Set([...earlier, served].filter',
        to: 'const routes = new Set([served].filter',
      },
    ],
  },
  {
    name: 'an earlier switch can be completed and rolled back after a later one',
    changes: [
      { file: 'switch/switcher.ts', from: '      lastDone = id\n', to: '' },
      {
        file: 'switch/switcher.ts',
        from: 'if (changed === undefined || lastDone !== id) {',
        to: 'if (changed === undefined) {',
      },
      {
        file: 'switch/switcher.ts',
        from: 'if (changed === undefined || lastDone !== id) return',
        to: 'if (changed === undefined) return',
      },
    ],
  },
]

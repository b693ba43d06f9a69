/** A naive variant of the algorithm: pieces of the sources of `@switchyard/core`, each there exactly once, and what stands in their place. */
export interface Mutant {
  readonly name: string
  readonly changes: readonly { readonly file: string; readonly from: string; readonly to: string }[]
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
        from: 'await settle(await copier.drainAll())',
        to: 'await settle([])',
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
    changes: [...UNVERIFIED, { file: 'switch/cut-over.ts', from: '(await budget.fits(idle)) && ', to: '' }],
  },
  {
    name: 'operations go on while the last copy is made',
    changes: [
      ...UNVERIFIED,
      {
        file: 'switch/cut-over.ts',
        from: 'const idle = operations.pause()',
        to: 'const idle = Promise.resolve()',
      },
      // It would never get to the end.
      {
        file: 'switch/cut-over.ts',
        from: 'await copier.drainAll()',
        to: '(await copier.drain(50, { hurry: true }), [])',
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
        from: 'if (switchOptions.replace === true || record.leftovers.includes(to)) await wipe(target.store)\n    else if',
        to: 'if (switchOptions.replace !== true)\n    if',
      },
    ],
  },
]

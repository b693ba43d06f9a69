import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite'
import { type Backend, createState, type State } from '@switchyard/core'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { Keyv } from 'keyv-5'
import * as vitest from 'vitest'
import { keyvStorage } from '../src/index.ts'

const { beforeAll, describe } = vitest

const BACKENDS: Readonly<Record<string, (folder: string) => Backend>> = {
  memory: () => memory(),
  sqlite: (folder) => sqlite({ path: join(folder, 'state.db') }),
}

describe.each(Object.keys(BACKENDS))("Keyv 5 over %s passes Keyv's own tests", (name) => {
  let state: State
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-keyv-'))
    state = await createState({ backends: { [name]: BACKENDS[name]?.(folder) as Backend } })
    return async () => {
      await state.close()
      rmSync(folder, { recursive: true })
    }
  })
  // Their types are those of another release of the test runner.
  for (const suite of [keyvTestSuite, keyvIteratorTests])
    suite(vitest as never, Keyv as never, () => keyvStorage(state))
})

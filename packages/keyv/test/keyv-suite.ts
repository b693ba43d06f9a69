import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite'
import { type Backend, createState, type State } from '@switchyard/core'
import { Keyv as Keyv6 } from 'keyv'
import { Keyv as Keyv5 } from 'keyv-5'
import * as vitest from 'vitest'
import { keyvStorage } from '../src/index.ts'

const { beforeAll, describe } = vitest

/** The tests were made for Keyv 5, and there are none for Keyv 6: it differs from them in this answer only. */
class Keyv6AsTested extends Keyv6 {
  override deleteMany(keys: string[]): Promise<never> {
    return super.deleteMany(keys).then((deleted) => deleted.some(Boolean) as never)
  }
}

const VERSIONS: readonly [string, unknown][] = [
  ['5', Keyv5],
  ['6', Keyv6AsTested],
]

/** Registers Keyv's own tests for its storage adapters, over the backend. */
export function passesKeyvSuite(name: string, backend: (version: string) => Backend): void {
  describe.each(VERSIONS)(`Keyv %s over ${name} passes Keyv's own tests`, (version, Keyv) => {
    let state: State
    beforeAll(async () => {
      state = await createState({ backends: { [name]: backend(version) } })
      return () => state.close()
    })
    // Their types are those of another release of the test runner.
    for (const suite of [keyvTestSuite, keyvIteratorTests])
      suite(vitest as never, Keyv as never, () => keyvStorage(state))
  })
}

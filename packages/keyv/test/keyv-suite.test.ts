import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { file } from '@switchyard/file'
import { memory } from '@switchyard/memory'
import { sqlite } from '@switchyard/sqlite'
import { afterAll } from 'vitest'
import { passesKeyvSuite } from './keyv-suite.ts'

const folder = mkdtempSync(join(tmpdir(), 'switchyard-keyv-'))
afterAll(() => rmSync(folder, { recursive: true }))

passesKeyvSuite('memory', () => memory())
passesKeyvSuite('file', (version) => file({ path: join(folder, `files-${version}`) }))
passesKeyvSuite('sqlite', (version) => sqlite({ path: join(folder, `state-${version}.db`) }))

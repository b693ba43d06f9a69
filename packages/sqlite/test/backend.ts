import { join } from 'node:path'
import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { sqlite } from '../src/index.ts'

export const create = ({ folder }: Place): Backend => sqlite({ path: join(folder, 'state.db') })

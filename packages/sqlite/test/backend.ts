import { join } from 'node:path'
import type { Backend } from '@switchyard/core'
import type { Place } from '@switchyard/conformance'
import { sqlite } from '../src/index.ts'

export const create = ({ folder }: Place): Backend => sqlite({ path: join(folder, 'state.db') })

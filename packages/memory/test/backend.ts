import type { Backend } from '@switchyard/core'
import { memory } from '../src/index.ts'

export const create = (): Backend => memory()

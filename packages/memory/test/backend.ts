import { memory } from '../src/index.ts'
import type { Backend } from '@switchyard/core'

export const create = (): Backend => memory()

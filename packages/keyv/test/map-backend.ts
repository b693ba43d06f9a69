import type { Place } from '@switchyard/conformance'
import type { Backend } from '@switchyard/core'
import { keyv } from '../src/index.ts'
import { MapAdapter } from './map-adapter.ts'

export const create = (_: Place): Backend => keyv({ store: () => new MapAdapter() })

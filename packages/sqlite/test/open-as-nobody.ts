import { openStore } from '@switchyard/core'
import { sqlite } from '../src/index.ts'

const NOBODY = 65_534

if (process.getuid?.() === 0) {
  process.setgid?.(NOBODY)
  process.setuid?.(NOBODY)
}
try {
  const store = await openStore(sqlite({ path: process.argv[2] as string }))
  await store.set('b', { value: new Uint8Array(1), version: 'v' })
  console.log('written')
} catch (error) {
  console.log((error as { code?: string }).code)
}

import { createState, type Ttl } from '../src/index.ts'
import { backendOf, mapStore } from './test-state.ts'

const state = await createState({
  backends: { main: backendOf(mapStore({ now: Date.now })) },
  cleanupInterval: JSON.parse(process.argv[2] as string) as Ttl,
})
const watch = state.watch()
await state.set('a', 1, { ttl: '1h' })
await state.update('a', (n: number = 0) => n + 1)
const { value } = await watch.next()
process.stdout.write(value?.key === 'a' ? 'done\n' : 'no change\n')

// A server in a process of its own: says where it listens, and how much memory it takes whenever it is asked.
import { createServer, loadConfig } from '@switchyard/server'

const server = await createServer(await loadConfig({ cwd: process.cwd(), env: process.env }))
process.on('disconnect', () => process.exit())
process.on('message', () => {
  // What is garbage by then is no need of it.
  globalThis.gc?.()
  process.send?.(process.memoryUsage.rss())
})
process.send?.(await server.listen())

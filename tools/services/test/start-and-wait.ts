import { startRedis } from '../src/index.ts'

const server = await startRedis()
console.log(String(server.pid))
setInterval(() => undefined, 1000)

import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'

const PEERS = [
  'keyv',
  'keyv-file',
  '@keyv/sqlite',
  '@keyv/redis',
  'redis',
  'ioredis',
  'unstorage',
  'db0',
  'cache-manager',
]

/** When, where and with what it is measured. */
export function conditions(): string {
  const day = new Date().toISOString().slice(0, 10)
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${process.platform} ${process.arch}`
  const engine = `Node ${process.versions.node} with SQLite ${process.versions['sqlite']}`
  const peers = PEERS.map((name) => `${name} ${versionOf(name)}`).join(', ')
  const load = loadavg()[0]?.toFixed(1)
  return `Measured on ${day}: ${machine}, load ${load} before the start; ${engine}; ${peers}.`
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

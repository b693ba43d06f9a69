import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './workspace.ts'

/** The configuration that compose.yaml mounts, as an operator completes it. */
export function deployedConfiguration(token: string, redisUrl: string): string {
  return readFileSync(join(ROOT, 'deploy/config/switchyard.yaml'), 'utf8')
    .replace('<64 hex>', createHash('sha256').update(token).digest('hex'))
    .replace('redis://redis:6379', redisUrl)
}

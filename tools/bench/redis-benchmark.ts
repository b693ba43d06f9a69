import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findRedis } from '@switchyard/services'
import { COUNT } from './data.ts'
import { REDIS_BENCHMARK } from './names.ts'
import { ratesTable } from './report.ts'

const run = promisify(execFile)
const ROUNDS = 5
const VALUE_BYTES = 256
const TIMEOUT_MS = 60_000

const COMMANDS_AT_A_TIME = new Map<string, number>([
  [REDIS_BENCHMARK.single, 1],
  [REDIS_BENCHMARK.pipelined, 64],
])

/** What the server can do, by the program that comes with it: a table, or that the program is not there. */
export async function redisBenchmark(port: number): Promise<string> {
  const { path, env } = await findRedis()
  const program = join(dirname(path), 'redis-benchmark')
  if (!existsSync(program)) return `redis-benchmark is not beside ${path}, so it was not measured.`

  async function rate(operation: 'get' | 'set', atATime: number, requests = COUNT): Promise<number> {
    const sizes = `-c 50 -P ${atATime} -n ${requests} -r ${COUNT} -d ${VALUE_BYTES}`.split(' ')
    const { stdout } = await run(program, ['-p', `${port}`, '-t', operation, '--csv', ...sizes], {
      env,
      timeout: TIMEOUT_MS,
    })
    const [, found] = new RegExp(`^"${operation}","([\\d.]+)"`, 'im').exec(stdout) ?? []
    if (found === undefined) throw new Error(`redis-benchmark told no rate:\n${stdout}`)
    return Number(found)
  }

  // Its keys are random ones: with ten sets for each nearly all are there.
  await rate('set', 64, 10 * COUNT)
  const measurements = []
  for (const operation of ['get', 'set'] as const) {
    const measured = [...COMMANDS_AT_A_TIME.keys()].map((subject) => ({ subject, rates: [] as number[] }))
    for (let round = 0; round < ROUNDS; round++) {
      for (const { subject, rates } of measured)
        rates.push(await rate(operation, COMMANDS_AT_A_TIME.get(subject) as number))
    }
    measurements.push({ operation, measured })
  }
  return ratesTable(measurements)
}

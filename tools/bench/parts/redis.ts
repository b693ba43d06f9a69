import { startRedis } from '@switchyard/services'
import { items } from '../data.ts'
import { REDIS_GOALS } from '../goals.ts'
import { get, getMany, measure, set, setMany } from '../measure.ts'
import { REDIS } from '../names.ts'
import { redisBenchmark } from '../redis-benchmark.ts'
import { report } from '../report.ts'
import { redisSubjects } from '../subjects/redis.ts'
import { closeAll, fill } from '../subjects/subject.ts'

export async function redisPart(): Promise<string> {
  const server = await startRedis()
  try {
    const subjects = await redisSubjects(server.url)
    await fill(subjects, items)
    const measurements = [
      await measure('get c1', subjects, get),
      await measure('get c64', subjects, get, { concurrency: 64 }),
      await measure('get c512', subjects, get, { concurrency: 512 }),
      await measure('set c1', subjects, set),
      await measure('set c64', subjects, set, { concurrency: 64 }),
      await measure('getMany(100)', subjects, getMany, { weight: 100 }),
      await measure('setMany(100)', subjects, setMany, { weight: 100 }),
    ]
    await closeAll(subjects)
    const tables = [report(REDIS.ours, measurements, REDIS_GOALS), await redisBenchmark(server.port)]
    return `## Redis\n\n${tables.join('\n\n')}`
  } finally {
    await server.stop()
  }
}

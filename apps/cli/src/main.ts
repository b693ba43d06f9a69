#!/usr/bin/env node
import { run } from './run.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first one gives up what is under way in order; a second one ends the process at once.
  process.once(signal, () => stop.abort(new Error(`${signal}: given up`)))
}
for (const stream of [process.stdout, process.stderr]) {
  // Who reads may leave at any time, as `head` does; what there is to do is done all the same.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
process.exitCode = await run({
  args: process.argv.slice(2),
  env: process.env,
  signal: stop.signal,
  stdout: process.stdout,
  stderr: process.stderr,
})
// What a backend has left open does not keep the process once what was printed is on its way.
process.stdout.write('', () => process.stderr.write('', () => process.exit()))

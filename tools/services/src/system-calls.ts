import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findStrace } from './find-strace.ts'

/** A system call: what it was, and when it began and ended as places in the whole trace. */
export interface SystemCall {
  readonly text: string
  readonly began: number
  readonly ended: number
}

/** Runs a program and tells its system calls of these names that succeeded, files named by their paths. */
export async function systemCalls(
  program: string,
  args: readonly string[],
  names: readonly string[],
): Promise<readonly SystemCall[]> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-trace-'))
  const output = join(folder, 'trace')
  const options = ['-f', '-y', '-s', '200', '-e', `trace=${names.join(',')}`, '-o', output]
  try {
    execFileSync(await findStrace(), [...options, process.execPath, '--no-warnings', program, ...args])
    return callsIn(readFileSync(output, 'utf8'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function callsIn(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = []
  const unfinished = new Map<string, { readonly text: string; readonly began: number }>()
  for (const [place, line] of trace.split('\n').entries()) {
    const { thread = '', text = '' } = /^(?<thread>\d+) +(?<text>.*)$/.exec(line)?.groups ?? {}
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { text: text.slice(0, -'<unfinished ...>'.length), began: place })
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>/.test(text) ? unfinished.get(thread) : undefined
    if (/ = \d/.test(text))
      calls.push({ text: resumed?.text ?? text, began: resumed?.began ?? place, ended: place })
  }
  return calls
}

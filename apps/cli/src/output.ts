import { SingleBar } from 'cli-progress'

/** Where a command's results and messages go, and in which form. */
export interface Output {
  /** What was asked for: one JSON document with `--json`, else the lines. */
  result(value: object, lines: readonly string[]): void
  /** One item of a list: with `--json` a JSON document of its own on a line. */
  item(value: object, line: string): void
  /** Nobody reads results any more: what only lists them may end. */
  readonly isClosed: boolean
  /** Something on the way, for people; to standard error. */
  note(line: string): void
  /** A bar on a terminal, a line now and then elsewhere; nothing with `--json`. */
  progress(label: string): Progress
}

export interface Progress {
  update(done: number, total: number | undefined): void
  stop(): void
}

export interface OutputStreams {
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
}

/** Between two lines where there is no terminal. */
const LINE_INTERVAL_MS = 5000

export function createOutput(json: boolean, { stdout, stderr }: OutputStreams): Output {
  const print = (line: string): void => void stdout.write(`${line}\n`)
  const note = (line: string): void => void (json || stderr.write(`${line}\n`))
  return {
    result(value, lines) {
      if (json) print(JSON.stringify(value))
      else for (const line of lines) print(line)
    },
    get isClosed() {
      return !stdout.writable
    },
    item: (value, line) => print(json ? JSON.stringify(value) : line),
    note,
    progress(label) {
      if (json) return { update: () => {}, stop: () => {} }
      return stderr.isTTY === true ? bar(label, stderr) : lines(label, note)
    },
  }
}

function bar(label: string, stream: NodeJS.WritableStream): Progress {
  const single = new SingleBar({
    stream,
    format: `${label} {bar} {value}/{total}, {eta_formatted} left`,
    hideCursor: true,
    clearOnComplete: true,
  })
  let isStarted = false
  return {
    update(done, total = done) {
      if (!isStarted) single.start(total, done)
      isStarted = true
      single.setTotal(Math.max(total, done))
      single.update(done)
    },
    stop: () => single.stop(),
  }
}

function lines(label: string, note: (line: string) => void): Progress {
  let last = performance.now()
  return {
    update(done, total) {
      if (performance.now() - last < LINE_INTERVAL_MS) return
      last = performance.now()
      note(`${label} ${done}${total === undefined ? '' : ` of ${total}`}`)
    },
    stop: () => {},
  }
}

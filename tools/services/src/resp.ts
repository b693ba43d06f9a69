import { connect } from 'node:net'

const TIMEOUT_MS = 2000

/** Sends one command to a server without password and gives its reply as text; the elements of an array are lines. */
export function command(port: number, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    const end = (result: string | Error): void => {
      socket.destroy()
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    socket.setEncoding('latin1')
    socket.setTimeout(TIMEOUT_MS, () => end(new Error(`No answer to ${args[0]} on port ${port}`)))
    socket.once('error', end)
    socket.once('close', () => end(new Error(`The connection to port ${port} was closed`)))
    socket.on('data', (data: string) => {
      received += data
      const reply = parse(received)
      if (reply === undefined) return
      end(received.startsWith('-') ? new Error(reply.text) : reply.text)
    })
    socket.write(
      `*${args.length}\r\n${args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`).join('')}`,
    )
  })
}

/** The first reply and what follows it; undefined while it is not complete. */
function parse(received: string): { readonly text: string; readonly rest: string } | undefined {
  const lineEnd = received.indexOf('\r\n')
  if (lineEnd < 0) return undefined
  const line = received.slice(1, lineEnd)
  const rest = received.slice(lineEnd + 2)
  if (received.startsWith('*')) return parseElements(Number(line), rest)
  if (!received.startsWith('$')) return { text: line, rest }
  const length = Number(line)
  if (length < 0) return { text: '', rest }
  return rest.length < length + 2 ? undefined : { text: rest.slice(0, length), rest: rest.slice(length + 2) }
}

function parseElements(count: number, received: string): ReturnType<typeof parse> {
  const texts: string[] = []
  let rest = received
  for (let i = 0; i < count; i++) {
    const element = parse(rest)
    if (element === undefined) return undefined
    texts.push(element.text)
    rest = element.rest
  }
  return { text: texts.join('\n'), rest }
}

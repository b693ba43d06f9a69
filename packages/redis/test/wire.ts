import { connect, createServer, type Socket } from 'node:net'

export interface WireOptions {
  /** What happens to a connection at a piece that a client sends: `hang` passes nothing on any more, in silence. */
  readonly look?: (piece: string) => 'pass' | 'reset' | 'hang'
  /** What it carries in each direction. */
  readonly bytesPerSecond?: number
}

export interface Wire {
  readonly port: number
  readonly connections: number
  close(): Promise<void>
}

/** A connection to a server that is slow, or fails at a certain command. */
export async function startWire(target: { readonly port: number }, options: WireOptions): Promise<Wire> {
  const { look = () => 'pass', bytesPerSecond } = options
  const sockets = new Set<Socket>()

  function carry(from: Socket, to: Socket, ask: (piece: string) => 'pass' | 'reset' | 'hang'): void {
    from.on('data', (piece: Buffer) => {
      const verdict = ask(piece.toString('latin1'))
      if (verdict !== 'pass') from.pause()
      if (verdict === 'reset') from.destroy()
      if (verdict !== 'pass') return
      to.write(piece)
      if (bytesPerSecond === undefined) return
      from.pause()
      setTimeout(() => from.resume(), (piece.length / bytesPerSecond) * 1000)
    })
    from.on('close', () => to.destroy())
  }

  const listener = createServer((client) => {
    const server = connect(target.port, '127.0.0.1')
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    carry(client, server, look)
    carry(server, client, () => 'pass')
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as { readonly port: number }).port,
    get connections() {
      return sockets.size / 2
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}

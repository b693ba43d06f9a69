import { type FileHandle, open } from 'node:fs/promises'

const CHUNK_BYTES = 65_536
const NEWLINE = 0x0a

/** The lines of a file, the last one first; none if it is not there. What comes before those that are asked for is not read. */
export async function* linesBackwards(path: string): AsyncGenerator<string> {
  const file = await openIfThere(path)
  if (file === undefined) return
  try {
    let { size: position } = await file.stat()
    /** Of a line whose beginning has not been read yet. */
    let rest: Buffer = Buffer.alloc(0)
    while (position > 0) {
      const length = Math.min(CHUNK_BYTES, position)
      position -= length
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
      const text = Buffer.concat([buffer.subarray(0, bytesRead), rest])
      let end = text.length
      for (let at = before(text, end); at >= 0; at = before(text, end)) {
        if (at + 1 < end) yield text.toString('utf8', at + 1, end)
        end = at
      }
      rest = text.subarray(0, end)
    }
    if (rest.length > 0) yield rest.toString()
  } finally {
    await file.close()
  }
}

/** Where the last newline before `end` is; -1: nowhere. */
function before(text: Buffer, end: number): number {
  return end === 0 ? -1 : text.lastIndexOf(NEWLINE, end - 1)
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

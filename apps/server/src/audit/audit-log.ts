import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '@switchyard/core'
import type { AuditEntry, AuditLine } from './audit-entry.ts'
import { linesBackwards } from './lines-backwards.ts'

export interface AuditLog {
  /**
   * Resolves when the line is in the file. Lines that come at the same time are written together.
   *
   * @param durable also on the disk
   */
  append(line: AuditLine, durable: boolean): Promise<void>
  /**
   * Newest first.
   *
   * @param before only those older than the entry with this id
   */
  read(limit: number, before: string | undefined): Promise<readonly AuditEntry[]>
}

interface Waiting {
  readonly text: string
  readonly durable: boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const NEWLINE = 0x0a

/** A file of JSON lines to which lines are only added. It is opened each time, so that it may be moved away. */
export function createAuditLog(path: string): AuditLog {
  let waiting: Waiting[] = []
  let isWriting = false

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const text = batch.map((one) => one.text).join('')
      const durable = batch.some((one) => one.durable)
      await appendText(path, text, durable).then(
        () => batch.forEach(({ resolve }) => void resolve()),
        (error: unknown) => batch.forEach(({ reject }) => void reject(error)),
      )
    }
    isWriting = false
  }

  return {
    append(line, durable) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ text: `${JSON.stringify(line)}\n`, durable, resolve, reject })
      if (!isWriting) {
        isWriting = true
        queueMicrotask(writeAll)
      }
      return promise
    },
    async read(limit, before) {
      const entries: AuditEntry[] = []
      /** Of those whose entries are still to come, further up. */
      const outcomes = new Map<string, string>()
      let isPast = before === undefined
      for await (const text of linesBackwards(path)) {
        const line = parsed(text)
        if (line === undefined) continue
        if ('end' in line) {
          outcomes.set(line.end, line.outcome)
          continue
        }
        const { id } = line
        if (isPast) entries.push({ ...line, outcome: outcomes.get(id) ?? line.outcome })
        if (entries.length === limit) break
        outcomes.delete(id)
        isPast ||= id === before
      }
      return entries
    },
  }
}

async function appendText(path: string, text: string, durable: boolean): Promise<void> {
  const file = await open(path, 'a+', 0o600)
  let isNew: boolean
  try {
    const { size } = await file.stat()
    isNew = size === 0
    // A line that was cut off must not spoil the next one.
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1))
    const isCutOff = !isNew && buffer[0] !== NEWLINE
    await file.appendFile(isCutOff ? `\n${text}` : text)
    if (durable) await file.datasync()
  } finally {
    await file.close()
  }
  if (durable && isNew) await syncFolder(dirname(path))
}

/** Undefined for a line that was cut off. */
function parsed(text: string): AuditLine | undefined {
  try {
    return JSON.parse(text) as AuditLine
  } catch {
    return undefined
  }
}

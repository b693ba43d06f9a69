import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { AuditEnd, AuditEntry, AuditLine } from './audit-entry.ts'

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
      const newest: string[] = []
      const outcomes = new Map<string, string>()
      let isPast = false
      for await (const text of linesOf(path)) {
        if (text.startsWith('{"end":')) {
          const ended = parsed<AuditEnd>(text)
          if (ended !== undefined) outcomes.set(ended.end, ended.outcome)
        } else if (before !== undefined && text.startsWith(`{"id":${JSON.stringify(before)},`)) isPast = true
        else if (!isPast && newest.push(text) > limit) newest.shift()
      }
      if (before !== undefined && !isPast) return []
      return newest
        .map((text) => parsed<AuditEntry>(text))
        .filter((entry) => entry !== undefined)
        .map((entry) => ({ ...entry, outcome: outcomes.get(entry.id) ?? entry.outcome }))
        .reverse()
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

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  if (!existsSync(path)) return
  const file = await open(path, 'r')
  try {
    yield* file.readLines({ autoClose: false })
  } finally {
    await file.close()
  }
}

/** Undefined for a line that was cut off. */
function parsed<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

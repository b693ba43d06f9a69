import { hash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { isStateError } from '@switchyard/core'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { RequestError } from '../problems/request-error.ts'
import type { AuditEntry } from './audit-entry.ts'
import { createAuditLog } from './audit-log.ts'

/** What is audited; `audit` in the configuration file. What administrators do always is. */
export interface AuditSettings {
  /** What is read and written as well. */
  readonly data: boolean
  /** Keys and prefixes of data are told by their SHA-256 only. */
  readonly hashKeys: boolean
}

export const DEFAULT_AUDIT: AuditSettings = { data: false, hashKeys: false }

/** Somebody's request, or the configuration file after a change. */
export type Actor = Pick<FastifyRequest, 'principal' | 'ip'> | 'configuration'

/** The keys that a request is about. */
export interface Touched {
  readonly keys?: readonly string[]
  readonly prefix?: string
}

export interface Audit {
  /**
   * Does an administrator's work once it is on the disk that it has begun, and then records how it ended.
   *
   * @param until where the work goes on after its answer: settles when it ends
   * @throws RequestError `AUDIT_UNAVAILABLE`: it cannot be recorded, and was not begun.
   */
  admin<T>(
    actor: Actor,
    action: string,
    detail: AuditEntry['detail'],
    work: () => Promise<T>,
    until?: (result: T) => Promise<void>,
  ): Promise<T>
  /** Records what has happened already. What cannot be recorded is an error in the server's log. */
  record(actor: Actor, action: string, detail: AuditEntry['detail'], outcome: string): Promise<void>
  /** Records that data is about to be read or written. What cannot be recorded is an error in the server's log. */
  data(actor: Actor, action: string, touched: Touched): Promise<void>
  /** Newest first; with `before`, those older than the entry with this id. */
  entries(limit: number, before?: string): Promise<readonly AuditEntry[]>
}

export interface AuditOptions {
  readonly settings: AuditSettings
  readonly dataDir: string
  readonly log: FastifyBaseLogger
}

export function createAudit({ settings, dataDir, log }: AuditOptions): Audit {
  const file = createAuditLog(join(dataDir, 'audit.log'))
  const told = settings.hashKeys
    ? (key: string): string => `sha256:${hash('sha256', key)}`
    : (key: string) => key

  function failed(error: unknown, line: object): void {
    log.error({ err: error, audit: line }, 'The audit log cannot be written')
  }

  async function end(id: string, outcome: string): Promise<void> {
    const line = { end: id, at: Date.now(), outcome }
    // It is done: the caller is to learn that, and not that it could not be recorded.
    await file.append(line, true).catch((error: unknown) => failed(error, line))
  }

  function endAfter(id: string, work: Promise<void>): void {
    void work.then(
      () => end(id, 'done'),
      (error: unknown) => end(id, codeOf(error)),
    )
  }

  return {
    async admin(actor, action, detail, work, until) {
      const entry = entryOf(actor, action, detail, 'begun')
      try {
        await file.append(entry, true)
      } catch (error) {
        failed(error, entry)
        throw new RequestError('AUDIT_UNAVAILABLE', 'The audit log cannot be written, so nothing was done')
      }
      try {
        const result = await work()
        if (until === undefined) await end(entry.id, 'done')
        else endAfter(entry.id, until(result))
        return result
      } catch (error) {
        await end(entry.id, codeOf(error))
        throw error
      }
    },
    async record(actor, action, detail, outcome) {
      const entry = entryOf(actor, action, detail, outcome)
      await file.append(entry, true).catch((error: unknown) => failed(error, entry))
    },
    async data(actor, action, { keys, prefix }) {
      const detail = {
        ...(keys !== undefined && { keys: keys.map(told) }),
        ...(prefix !== undefined && { prefix: told(prefix) }),
      }
      const entry = entryOf(actor, action, detail, 'allowed')
      await file.append(entry, false).catch((error: unknown) => failed(error, entry))
    },
    entries: (limit, before) => file.read(limit, before),
  }
}

function entryOf(actor: Actor, action: string, detail: AuditEntry['detail'], outcome: string): AuditEntry {
  const id = randomBytes(12).toString('base64url')
  const who = actor === 'configuration' ? { actor } : { actor: actor.principal.name, address: actor.ip }
  return { id, at: Date.now(), ...who, action, detail, outcome }
}

function codeOf(error: unknown): string {
  return isStateError(error) || error instanceof RequestError ? error.code : 'INTERNAL'
}

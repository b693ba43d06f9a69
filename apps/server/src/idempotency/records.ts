import { isStateError, type StateNamespace, type Ttl } from '@switchyard/core'

/** An answer as it was sent. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly base64: string
}

/** What is known of a request that was sent with a key. */
export interface IdempotencyRecord {
  /** Of the request. */
  readonly fingerprint: string
  /** The run of the server that carries it out. */
  readonly run: string
  /** When nobody can be carrying it out any more: Unix ms. */
  readonly until: number
  /** Absent until it is done. */
  readonly answer?: Answer
}

/** The request that began before with the same key. */
export interface EarlierRequest extends Pick<IdempotencyRecord, 'fingerprint' | 'answer'> {
  /** It has no answer, and may get one still. */
  readonly isUnderWay: boolean
}

/** Requests that were sent with a key, kept in the state itself. */
export interface IdempotencyRecords {
  /** Begins the request of this key, or says what is known of the one that began before. */
  begin(key: string, fingerprint: string): Promise<EarlierRequest | undefined>
  /** Keeps the answer. */
  finish(key: string, fingerprint: string, answer: Answer): Promise<void>
  /** Nothing was done: the next request with the key is carried out. */
  giveUp(key: string): Promise<void>
}

/** Longer than operations take. */
const CARRYING_OUT_MS = 60_000

/**
 * @param run names this run of the server
 * @param ttl how long answers are kept
 */
export function createIdempotencyRecords(state: StateNamespace, run: string, ttl: Ttl): IdempotencyRecords {
  /** Those of this run, from before others can find their record until it has their answer. */
  const underWay = new Map<string, IdempotencyRecord>()
  const nameOf = (key: string): string => `idempotency:${key}`

  async function ended(key: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } finally {
      underWay.delete(key)
    }
  }

  return {
    async begin(key, fingerprint) {
      for (let looks = 1; ; looks++) {
        const found = underWay.get(key) ?? (await state.get<IdempotencyRecord>(nameOf(key)))
        if (found?.answer !== undefined) return { ...found, isUnderWay: false }
        // It may have begun while it was looked for.
        const present = underWay.get(key)
        if (present !== undefined) return { ...present, isUnderWay: true }
        if (found !== undefined) {
          if (found.run !== run) return { ...found, isUnderWay: Date.now() < found.until }
          // Or it may have ended.
          if (looks > 1) return { ...found, isUnderWay: false }
          continue
        }
        const record: IdempotencyRecord = { fingerprint, run, until: Date.now() + CARRYING_OUT_MS }
        underWay.set(key, record)
        try {
          await state.set(nameOf(key), record, { ifAbsent: true, ttl })
          return undefined
        } catch (error) {
          underWay.delete(key)
          // Another one was faster.
          if (!isStateError(error, 'CONFLICT')) throw error
        }
      }
    },
    finish: (key, fingerprint, answer) =>
      ended(key, () => state.set(nameOf(key), { fingerprint, run, until: 0, answer }, { ttl })),
    giveUp: (key) => ended(key, () => state.delete(nameOf(key))),
  }
}

import type { Settings } from '../../api/types.ts'

/** Settings as they are being written: some may make no sense yet. */
export interface Draft {
  readonly logLevel: string
  readonly isInMaintenance: boolean
  readonly retryAfter: number
  readonly rateLimitMultiplier: number
  readonly features: Readonly<Record<string, boolean>>
  readonly cleansUp: boolean
  readonly cleanupInterval: string
  /** JSON text. */
  readonly custom: string
}

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export function draftOf(settings: Settings): Draft {
  const { logLevel, maintenance, rateLimitMultiplier, features, cleanupInterval, custom } = settings
  return {
    logLevel,
    isInMaintenance: maintenance.enabled,
    retryAfter: maintenance.retryAfter,
    rateLimitMultiplier,
    features,
    cleansUp: cleanupInterval !== false,
    cleanupInterval: cleanupInterval === false ? '5m' : String(cleanupInterval),
    custom: JSON.stringify(custom, undefined, 2),
  }
}

/** Undefined if the draft makes no sense. */
export function settingsOf(draft: Draft): Settings | undefined {
  const { logLevel, isInMaintenance: enabled, retryAfter, rateLimitMultiplier, features, custom } = draft
  if (Number.isNaN(retryAfter) || Number.isNaN(rateLimitMultiplier) || whyNotCustom(custom) !== undefined) {
    return undefined
  }
  return {
    logLevel,
    maintenance: { enabled, retryAfter },
    rateLimitMultiplier,
    features,
    cleanupInterval: draft.cleansUp && intervalOf(draft.cleanupInterval),
    custom: JSON.parse(custom),
  }
}

export function whyNotCustom(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'Not an object.'
  } catch (error) {
    return `Not JSON yet: ${(error as Error).message}`
  }
}

/** Milliseconds are a number. */
function intervalOf(text: string): string | number {
  return /^\d+$/.test(text.trim()) ? Number(text) : text.trim()
}

import { type CallOptions, StateError, type Ttl } from '@switchyard/core'
import { ifVersionHeader, isTag } from './if-version.ts'
import { jsonText } from './json.ts'
import type { Transport } from './transport.ts'

/** What can be changed while the server runs. */
export interface RuntimeSettings {
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  readonly maintenance: {
    /** Writes are refused; reads and administration go on. */
    readonly enabled: boolean
    /** Seconds after which a refused client may try again. */
    readonly retryAfter: number
  }
  /** Of every rate limit. */
  readonly rateLimitMultiplier: number
  /** By names of your own. */
  readonly features: Readonly<Record<string, boolean>>
  /** How often expired entries are removed; `false`: only when asked to. */
  readonly cleanupInterval: Ttl | false
  /** What applications keep here for themselves: any JSON. */
  readonly custom: Readonly<Record<string, unknown>>
}

/** A JSON Merge Patch (RFC 7396): null brings what the configuration file says, or the default, back. */
export type SettingsPatch = {
  readonly [Name in keyof RuntimeSettings]?: PatchOf<RuntimeSettings[Name]> | null
}

type PatchOf<T> = T extends object ? { readonly [Name in keyof T]?: T[Name] | null } : T

/** Settings as they are at one time. */
export interface ConfigSnapshot {
  /** Another one for other settings. */
  readonly version: string
  readonly settings: RuntimeSettings
}

export interface PatchConfigOptions extends CallOptions {
  /** Only if this is the present version, else `CONFLICT`. */
  readonly ifVersion?: string
}

export interface ConfigMethods {
  /** The settings in effect. */
  config(options?: CallOptions): Promise<ConfigSnapshot>
  /** Changes settings, all or nothing. Resolves to what is in effect then. */
  patchConfig(patch: SettingsPatch, options?: PatchConfigOptions): Promise<ConfigSnapshot>
}

const path = '/v1/config'

export function configMethods(transport: Transport): ConfigMethods {
  return {
    config: (options) => transport.json({ operation: 'config', method: 'GET', path, writes: false, options }),
    async patchConfig(patch, { ifVersion, ...options } = {}) {
      const operation = 'patchConfig'
      if (!isTag(ifVersion ?? ''))
        throw new StateError('INVALID_OPTIONS', `ifVersion '${ifVersion}' is no version`, { operation })
      return transport.json({
        operation,
        method: 'PATCH',
        path,
        headers: { 'content-type': 'application/merge-patch+json', ...ifVersionHeader(ifVersion) },
        body: jsonText(patch),
        writes: true,
        options,
      })
    },
  }
}

import type { AccessSettings } from '../access/settings.ts'
import type { AuditSettings } from '../audit/audit.ts'
import type { LimitSettings } from '../limits/settings.ts'
import type { ServerSettings, StateSettings } from './settings.ts'

export interface BackendConfig {
  /** A package, or a file such as './backend.js'; '#name' behind it picks one of several exports. */
  readonly plugin: string
  readonly options?: unknown
}

/** What a configuration file says, with the defaults of what it does not say. */
export interface FileConfig {
  readonly server: ServerSettings
  readonly limits: LimitSettings
  readonly access: AccessSettings
  readonly audit: AuditSettings
  readonly state: Partial<Omit<StateSettings, 'backends'>> & {
    readonly backends?: Readonly<Record<string, BackendConfig>>
  }
}

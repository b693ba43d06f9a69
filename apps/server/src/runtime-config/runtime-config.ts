import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { jsonCodec, StateError } from '@switchyard/core'
import { ConfigError } from '../config/config-error.ts'
import { mergePatch } from '../content/merge-patch.ts'
import { deepFreeze } from './deep-freeze.ts'
import { damaged, type Overrides, type OverridesFile } from './overrides-file.ts'
import { checkSettings, type JsonObject, type RuntimeSettings } from './settings.ts'

/** Settings as they are at one time, frozen to their depths. */
export interface ConfigSnapshot {
  /** Another one for other settings; the same one after a restart with the same. */
  readonly version: string
  readonly settings: RuntimeSettings
}

/**
 * Puts settings into effect. If it throws, they are refused, and what was in effect before is applied anew. It must not
 * wait for an update.
 */
export type ApplySettings = (next: RuntimeSettings, previous: RuntimeSettings) => void | Promise<void>

/** The settings that can be changed while the server runs. */
export interface RuntimeConfig {
  /** What is in effect. A snapshot never changes: a change makes another one. */
  readonly current: ConfigSnapshot
  /** Calls the listener after each change, until the function it returns is called. */
  watch(listener: (snapshot: ConfigSnapshot) => void): () => void
  /** Has each change applied before it is in effect. In the order of these calls. */
  onApply(apply: ApplySettings): void
  /**
   * Changes settings: one change at a time, all or nothing, durable when it resolves. One that changes nothing makes
   * no new version.
   *
   * @param change what is to be different from the snapshot it is given, as a merge patch (RFC 7396); null brings a setting
   *   of the configuration file or a default back. What it throws is what the update rejects with.
   * @throws StateError `INVALID_OPTIONS` with the paths that are wrong, `FULL` or `UNAVAILABLE` if it cannot be kept, and
   *   what applying it has thrown; the settings are as they were
   */
  update(change: (current: ConfigSnapshot) => unknown): Promise<ConfigSnapshot>
  /** What goes from now on where nothing was patched. */
  replaceDefaults(defaults: RuntimeSettings): Promise<ConfigSnapshot>
}

export interface RuntimeConfigOptions {
  readonly defaults: RuntimeSettings
  readonly file: OverridesFile
  /** For failures that no caller is told of: of a listener, or in going back. */
  readonly onError: (error: unknown) => void
}

/** Bytes of all that was patched, as JSON. */
const MAX_BYTES = 1_048_576

/** @throws StateError `CORRUPT` if the file is damaged or holds what makes no sense. */
export async function openRuntimeConfig(options: RuntimeConfigOptions): Promise<RuntimeConfig> {
  const { file, onError } = options
  const appliers: ApplySettings[] = []
  const listeners = new Set<(snapshot: ConfigSnapshot) => void>()
  let { defaults } = options
  let overrides = await file.read()
  let current = fromFile(overrides)
  let last: Promise<unknown> = Promise.resolve()

  function fromFile(found: Overrides): ConfigSnapshot {
    try {
      return snapshotOf(defaults, found)
    } catch (error) {
      if (error instanceof ConfigError) throw damaged(file.path, error.message.replaceAll('\n', '; '))
      throw error
    }
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }

  /** Applies it, or leaves everything as it was. */
  async function apply(next: RuntimeSettings, keep: () => Promise<void>): Promise<void> {
    const previous = current.settings
    const begun: ApplySettings[] = []
    try {
      for (const one of appliers) {
        begun.unshift(one)
        await one(next, previous)
      }
      await keep()
    } catch (error) {
      // Also the one that failed: it may have done a part of it.
      for (const one of begun) {
        try {
          await one(previous, next)
        } catch (failure) {
          onError(failure)
        }
      }
      throw error
    }
  }

  function publish(next: ConfigSnapshot): ConfigSnapshot {
    current = next
    for (const listener of [...listeners]) {
      try {
        listener(next)
      } catch (error) {
        onError(error)
      }
    }
    return next
  }

  return {
    get current() {
      return current
    },
    watch(listener) {
      // A function of its own, so that a listener can be given twice.
      const own = (snapshot: ConfigSnapshot): void => listener(snapshot)
      listeners.add(own)
      return () => void listeners.delete(own)
    },
    onApply: (one) => void appliers.push(one),
    update: (change) =>
      inTurn(async () => {
        const patch = detached(mergePatch(overrides.patch, change(current)))
        if (isDeepStrictEqual(patch, detached(overrides.patch))) return current
        const wanted = { revision: overrides.revision + 1, patch }
        const next = refusing(() => snapshotOf(defaults, wanted))
        await apply(next.settings, () => file.write(wanted))
        overrides = wanted
        return publish(next)
      }),
    replaceDefaults: (replacement) =>
      inTurn(async () => {
        const next = refusing(() => snapshotOf(replacement, overrides))
        if (next.version !== current.version) await apply(next.settings, async () => undefined)
        defaults = replacement
        return next.version === current.version ? current : publish(next)
      }),
  }
}

/** @throws ConfigError */
function snapshotOf(defaults: RuntimeSettings, { revision, patch }: Overrides): ConfigSnapshot {
  // Merged into nothing the defaults are a copy, and without prototypes: no feature is called `constructor`.
  const settings = checkSettings(mergePatch(mergePatch(undefined, defaults), patch))
  const hash = createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 12)
  return deepFreeze({ version: `${revision}-${hash}`, settings })
}

function refusing<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new StateError('INVALID_OPTIONS', error.message.replaceAll('\n', '; '), { cause: error })
  }
}

/**
 * The value as JSON has it, with nothing of it in the hands of others.
 *
 * @throws StateError `NOT_SERIALIZABLE` for what JSON would change, `INVALID_OPTIONS` if it is too large
 */
function detached(value: unknown): JsonObject {
  const bytes = jsonCodec.encode(value)
  if (bytes.byteLength > MAX_BYTES) {
    throw new StateError(
      'INVALID_OPTIONS',
      `The settings would take ${bytes.byteLength} bytes; ${MAX_BYTES} are the limit`,
    )
  }
  return JSON.parse(Buffer.from(bytes).toString()) as JsonObject
}

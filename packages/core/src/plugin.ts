import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type AnyStore, type Capabilities, checkCapabilities, type StoreFor } from './capabilities.ts'
import type { Clock } from './clock.ts'
import { StateError } from './errors.ts'
import type { Random } from './versions.ts'

/** Where warnings go: something odd that was dealt with, such as a file's torn tail. */
export interface Logger {
  warn(message: string, detail?: unknown): void
}

/** What a plugin gets to open a store with. */
export interface PluginContext {
  /** The name that the backend was registered under; for errors and warnings. */
  readonly backend: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Aborts when opening is no longer wanted. */
  readonly signal: AbortSignal
}

/** A kind of backend. Write one with {@link definePlugin}. */
export interface StatePlugin<Options = unknown, C extends Capabilities = Capabilities> {
  /** The plugin's own name: 'redis'. */
  readonly name: string
  /** What it can do in general; where that depends on the options, {@link capabilitiesFor} has the word. */
  readonly capabilities: C
  /** What a backend with these options can do, such as one of two layouts. Default: `capabilities`. */
  capabilitiesFor?(options: Options): C
  /** Validates the options before any I/O; must answer synchronously. */
  readonly optionsSchema: StandardSchemaV1<unknown, Options>
  open(options: Options, context: PluginContext): Promise<StoreFor<C>>
}

/** A plugin with valid options, not opened yet: what `redis({ url })` returns and `createState` takes. */
export interface Backend {
  readonly plugin: { readonly name: string; readonly capabilities: Capabilities }
  open(context: PluginContext): Promise<AnyStore>
}

type IsOptional<T> = Partial<T> extends T ? true : false

/** Makes a backend of a plugin; options may be left out where all of them may. */
export type PluginFunction<Options, C extends Capabilities = Capabilities> = ((
  ...options: IsOptional<Options> extends true ? [options?: Options] : [options: Options]
) => Backend) & { readonly plugin: StatePlugin<Options, C> }

const PLUGIN = Symbol.for('switchyard.plugin')

/**
 * Checks and freezes a plugin and returns the function that users call.
 * That function throws `INVALID_OPTIONS` with path and reason for options that the schema refuses.
 *
 * @throws StateError `INVALID_PLUGIN` if something is missing or a capability is not valid.
 */
export function definePlugin<Options, const C extends Capabilities>(
  plugin: StatePlugin<Options, C>,
): PluginFunction<Options, C> {
  if (typeof plugin.name !== 'string' || plugin.name === '') {
    throw new StateError('INVALID_PLUGIN', 'A plugin needs a name')
  }
  checkCapabilities(plugin.name, plugin.capabilities)
  if (
    typeof plugin.open !== 'function' ||
    typeof plugin.optionsSchema?.['~standard']?.validate !== 'function'
  ) {
    const message = `Plugin '${plugin.name}' needs open() and an optionsSchema that implements Standard Schema`
    throw new StateError('INVALID_PLUGIN', message, { backend: plugin.name })
  }
  const frozen: StatePlugin<Options, C> = Object.freeze({
    name: plugin.name,
    capabilities: Object.freeze({ ...plugin.capabilities }),
    optionsSchema: plugin.optionsSchema,
    ...(plugin.capabilitiesFor !== undefined && {
      capabilitiesFor: (options: Options) => checkedCapabilities(plugin, options),
    }),
    // Called on the author's object, so that a plugin written as a class works as well.
    open: (options: Options, context: PluginContext) => plugin.open(options, context),
  })
  const configure = (options?: Options): Backend => {
    const valid = validOptions(frozen, options ?? {})
    const capabilities = frozen.capabilitiesFor?.(valid) ?? frozen.capabilities
    return Object.freeze({
      plugin: Object.freeze({ name: frozen.name, capabilities }),
      open: (context: PluginContext) => frozen.open(valid, context) as Promise<AnyStore>,
    })
  }
  return Object.assign(configure, { plugin: frozen, [PLUGIN]: true as const }) as PluginFunction<Options, C>
}

/** True for what `definePlugin` of any installed copy of this package returned. */
export function isPluginFunction(
  value: unknown,
): value is PluginFunction<unknown> & ((options?: unknown) => Backend) {
  return typeof value === 'function' && (value as { readonly [PLUGIN]?: boolean })[PLUGIN] === true
}

function checkedCapabilities<Options, C extends Capabilities>(
  plugin: StatePlugin<Options, C>,
  options: Options,
): C {
  const capabilities = plugin.capabilitiesFor?.(options) ?? plugin.capabilities
  checkCapabilities(plugin.name, capabilities)
  return Object.freeze({ ...capabilities })
}

function validOptions<Options>(plugin: StatePlugin<Options>, options: unknown): Options {
  const result = plugin.optionsSchema['~standard'].validate(options)
  if (result instanceof Promise) {
    const message = `Plugin '${plugin.name}': optionsSchema must validate synchronously`
    throw new StateError('INVALID_PLUGIN', message, { backend: plugin.name })
  }
  if (result.issues === undefined) return result.value
  const reasons = result.issues.map((issue) => describeIssue(issue)).join('; ')
  throw new StateError('INVALID_OPTIONS', `Options of '${plugin.name}': ${reasons}`, { backend: plugin.name })
}

/** One line for a Standard Schema issue: its path and the reason. */
export function describeIssue(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? [])
    .map((segment) => (typeof segment === 'object' ? segment.key : segment))
    .map(String)
    .join('.')
  return path === '' ? issue.message : `${path}: ${issue.message}`
}

import { pathToFileURL } from 'node:url'
import { type Backend, isPluginFunction, type PluginFunction } from '@switchyard/core'
import { moduleResolve } from 'import-meta-resolve'
import { builtInPlugins } from '../plugins.ts'
import { ConfigError } from './config-error.ts'

/** The function that makes backends. */
export type LoadedPlugin = PluginFunction<unknown> & ((options?: unknown) => Backend)

/**
 * Finds the plugin that a configuration names: one of the built-in packages, another package, or a file such as
 * './backend.js', with '#name' behind it where it exports several.
 *
 * @param parent the file that names it: packages and files are looked for from there
 * @param at the name's place in the configuration
 * @throws ConfigError
 */
export async function loadPlugin(reference: string, parent: string, at: string): Promise<LoadedPlugin> {
  const [, specifier = '', wanted] = /^(.+?)(?:#(.+))?$/.exec(reference) ?? []
  const exported = await exportsOf(specifier, parent, at)
  const plugins = new Map<string, LoadedPlugin>()
  for (const [name, value] of Object.entries(exported)) {
    if (isPluginFunction(value)) plugins.set(name, value)
  }
  const names = [...plugins.keys()].join(', ')
  if (wanted !== undefined) {
    const plugin = plugins.get(wanted)
    if (plugin !== undefined) return plugin
    throw new ConfigError(
      `${at}: '${specifier}' exports no plugin '${wanted}'; it exports: ${names || 'none'}`,
    )
  }
  // A default export is often one of the others once more.
  const different = new Set(plugins.values())
  const [only] = different
  if (only === undefined)
    throw new ConfigError(`${at}: '${specifier}' exports nothing that definePlugin made`)
  if (different.size === 1) return only
  throw new ConfigError(
    `${at}: '${specifier}' exports several plugins (${names}); name one: '${specifier}#${names.split(', ')[0]}'`,
  )
}

async function exportsOf(specifier: string, parent: string, at: string): Promise<object> {
  const builtIn = builtInPlugins.get(specifier)
  if (builtIn !== undefined) return builtIn
  try {
    const { href } = moduleResolve(specifier, pathToFileURL(parent))
    return (await import(href)) as object
  } catch (error) {
    const known = [...builtInPlugins.keys()].join(', ')
    const [reason = ''] = (error as Error).message.split('\n', 1)
    throw new ConfigError(`${at}: cannot load '${specifier}': ${reason}; built in are: ${known}`)
  }
}

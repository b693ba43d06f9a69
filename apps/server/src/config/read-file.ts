import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { ConfigError } from './config-error.ts'

export interface ConfigFile {
  readonly path: string
  readonly content: unknown
}

const NAMES = ['switchyard.yaml', 'switchyard.yml', 'switchyard.json']

/**
 * The file that SWITCHYARD_CONFIG names, or else the first of the usual names that is in the folder.
 *
 * @throws ConfigError if it cannot be read, or is neither YAML nor JSON.
 */
export async function readConfigFile(
  cwd: string,
  named: string | undefined,
): Promise<ConfigFile | undefined> {
  if (named !== undefined) {
    const path = resolve(cwd, named)
    const text = await read(path)
    if (text === undefined) throw new ConfigError(`SWITCHYARD_CONFIG: there is no file ${path}`)
    return { path, content: parsed(path, text) }
  }
  for (const name of NAMES) {
    const path = resolve(cwd, name)
    const text = await read(path)
    if (text !== undefined) return { path, content: parsed(path, text) }
  }
  return undefined
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(`${path}: cannot be read: ${(error as Error).message}`)
  }
}

/** JSON is YAML. An empty file says nothing. */
function parsed(path: string, text: string): unknown {
  try {
    return parse(text) ?? {}
  } catch (error) {
    throw new ConfigError(`${path}: ${(error as Error).message.trim()}`)
  }
}

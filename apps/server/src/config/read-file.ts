import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { ConfigError } from './config-error.ts'

/** A configuration file as it was found. */
export interface ConfigFile {
  readonly path: string
  readonly text: string
}

const NAMES = ['switchyard.yaml', 'switchyard.yml', 'switchyard.json']

/** Where the configuration may be: in the file that SWITCHYARD_CONFIG names, or else in the first of these that is there. */
export function configPaths(cwd: string, named: string | undefined): readonly string[] {
  return (named === undefined ? NAMES : [named]).map((name) => resolve(cwd, name))
}

/** @throws ConfigError if it cannot be read, or SWITCHYARD_CONFIG names what is not there. */
export async function readConfigFile(
  cwd: string,
  named: string | undefined,
): Promise<ConfigFile | undefined> {
  for (const path of configPaths(cwd, named)) {
    const text = await read(path)
    if (text !== undefined) return { path, text }
    if (named !== undefined) throw new ConfigError(`SWITCHYARD_CONFIG: there is no file ${path}`)
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

/**
 * What the file says. JSON is YAML. An empty file says nothing.
 *
 * @throws ConfigError if it is neither; it has the place and the kind of the mistake, and nothing of the text, which has
 *   passwords in it.
 */
export function parseConfigFile({ path, text }: ConfigFile): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error', lineCounter: lines })
  // A warning is of a tag that nobody knows: a value that begins with '!' and has no quotes.
  const [mistake] = [...document.errors, ...document.warnings]
  if (mistake !== undefined) {
    const { line, col } = lines.linePos(mistake.pos[0])
    const kind = mistake.code.toLowerCase().replaceAll('_', ' ')
    throw new ConfigError(`${path}: not YAML at line ${line}, column ${col}: ${kind}`)
  }
  try {
    return document.toJS() ?? {}
  } catch {
    throw new ConfigError(`${path}: an alias has no anchor, or there are too many of them`)
  }
}

import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** One of the files that the console is built to. */
export interface ConsoleFile {
  /** From the root of the server: 'index.html', 'console/index-1a2b.js'. */
  readonly path: string
  readonly contentType: string
  readonly body: Buffer
  /** Compressed once, when it is first asked for. */
  gzipped(): Promise<Buffer>
}

export const PAGE = 'index.html'

/** In the built server beside its code; for the sources, where the console is built. */
const PLACES = ['./console/static/', '../../../console/dist/']

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const compress = promisify(gzip)

/** The files of the console; none where it is not built. */
export function readConsole(places: readonly string[] = PLACES): readonly ConsoleFile[] {
  for (const place of places) {
    const files = filesIn(fileURLToPath(new URL(place, import.meta.url)))
    if (files.some(({ path }) => path === PAGE)) return files
  }
  return []
}

function filesIn(folder: string): readonly ConsoleFile[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length).replaceAll('\\', '/'))
      .map((path) => readFile(folder, path))
  } catch (error) {
    // There is none, or it is being built at this moment.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function readFile(folder: string, path: string): ConsoleFile {
  const contentType = CONTENT_TYPES[extname(path)]
  if (contentType === undefined) throw new Error(`The console has a file of an unknown type: ${path}`)
  const body = readFileSync(join(folder, path))
  let gzipped: Promise<Buffer> | undefined
  return {
    path,
    contentType,
    body,
    gzipped() {
      gzipped ??= compress(body)
      return gzipped
    },
  }
}

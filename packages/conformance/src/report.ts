import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Capabilities, StateError } from '@switchyard/core'
import { reportMarkdown } from './report-markdown.ts'
import type { AreaResult } from './tally.ts'

/** What a run of the kit has found; the content of the JSON file. */
export interface ConformanceReport {
  readonly format: 'switchyard.conformance.1'
  /** Of the backend under test. */
  readonly name: string
  readonly plugin: string
  readonly capabilities: Capabilities
  readonly clock: 'injected' | 'real'
  /** 'v26.10.0' */
  readonly node: string
  /** 'linux x64' */
  readonly platform: string
  /** When the run ended, in ISO 8601. */
  readonly date: string
  readonly durationMs: number
  /** Of the random cases. */
  readonly seed: number
  readonly passed: number
  readonly failed: number
  readonly notRun: number
  readonly leftOut: number
  readonly areas: readonly AreaResult[]
}

/** Writes `<name>.json` and `<name>.md` into the folder. */
export async function writeReport(folder: URL | string, report: ConformanceReport): Promise<void> {
  const path = pathOf(folder)
  const file = join(path, report.name.replaceAll(/[^\p{Letter}\p{Number}.-]+/gu, '-'))
  await mkdir(path, { recursive: true })
  await writeFile(`${file}.json`, `${JSON.stringify(report, undefined, 2)}\n`)
  await writeFile(`${file}.md`, reportMarkdown(report))
}

/**
 * The reports in a folder, by name.
 *
 * @throws StateError `INCOMPATIBLE` for a JSON file that is none.
 */
export async function readReports(folder: URL | string): Promise<readonly ConformanceReport[]> {
  const path = pathOf(folder)
  const files = (await readdir(path)).filter((file) => file.endsWith('.json')).sort()
  return Promise.all(files.map((file) => readReport(join(path, file))))
}

async function readReport(file: string): Promise<ConformanceReport> {
  const report: Partial<ConformanceReport> | null = JSON.parse(await readFile(file, 'utf8'))
  if (report?.format === 'switchyard.conformance.1') return report as ConformanceReport
  throw new StateError('INCOMPATIBLE', `${file} is not a conformance report that this version can read`)
}

function pathOf(folder: URL | string): string {
  return folder instanceof URL ? fileURLToPath(folder) : folder
}

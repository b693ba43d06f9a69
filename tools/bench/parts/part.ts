import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface PartOptions {
  /** Where @keyv/sqlite 4 is installed, if it is to be measured. */
  readonly keyv4: string | undefined
}

/** Measures something, and makes its section of the document. */
export type Part = (options: PartOptions) => Promise<string>

export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

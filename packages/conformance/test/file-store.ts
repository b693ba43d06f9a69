import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type AnyStore, defineStore, type Entry, type PluginContext } from '@switchyard/core'

/** A file for each key: durable, and shared, but atomic within one process only. */
export async function openFileStore(
  folder: string,
  { clock }: Pick<PluginContext, 'clock'>,
): Promise<AnyStore> {
  const data = join(folder, 'data')
  const temporary = join(folder, 'temporary')
  await mkdir(data, { recursive: true })
  await mkdir(temporary, { recursive: true })
  let count = 0

  const pathOf = (key: string): string => join(data, createHash('sha256').update(key).digest('hex'))

  async function read(path: string): Promise<{ key: string; entry: Entry } | undefined> {
    try {
      const { key, value, ...entry } = JSON.parse(await readFile(path, 'utf8'))
      return { key, entry: { ...entry, value: Buffer.from(value, 'base64') } }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  return defineStore(
    {
      get: async (key) => (await read(pathOf(key)))?.entry,
      async set(key, entry) {
        const value = Buffer.from(entry.value).toString('base64')
        const path = join(temporary, `${process.pid}-${count++}`)
        await writeFile(path, JSON.stringify({ ...entry, key, value }))
        await rename(path, pathOf(key))
      },
      delete: (key) => rm(pathOf(key), { force: true }),
      async *list({ prefix }) {
        const names = await readdir(data)
        for (let i = 0; i < names.length; i += 100) {
          const found = await Promise.all(names.slice(i, i + 100).map((name) => read(join(data, name))))
          yield found.filter((one) => one !== undefined).filter(({ key }) => key.startsWith(prefix))
        }
      },
      close: async () => undefined,
    },
    { clock },
  )
}

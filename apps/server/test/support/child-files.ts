import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Writes files, given by their paths in the folder. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
}

/** Makes @switchyard/core installed in the folder. */
export async function linkCore(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules/@switchyard'), { recursive: true })
  const core = fileURLToPath(new URL('../../../../packages/core', import.meta.url))
  await symlink(core, join(folder, 'node_modules/@switchyard/core'), 'dir')
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { checkBackup, createBackupWriter } from '../src/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const WRITER = `
const { createBackupWriter } = await import('${new URL('../src/index.ts', import.meta.url)}')
await createBackupWriter(process.argv[1])
console.log('begun')
setInterval(() => {}, 1000)
`

/** A process that has begun a backup, and ends when it is killed. */
async function begun(path: string): Promise<{ kill(): Promise<void> }> {
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', WRITER, path])
  await once(child.stdout, 'data')
  return {
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

describe('what a killed process has left', () => {
  test('is removed by the next backup to the same file, and nothing else is', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.backup')
    const [one, other, longer] = await Promise.all([
      begun(path),
      begun(path),
      begun(join(folder, 'a.backup.old')),
    ])
    const names = new Set(readdirSync(folder))
    expect(names.size).toBe(3)
    await one.kill()
    await longer.kill()
    writeFileSync(join(folder, '.a.backup.notes'), '')
    // One of this process is not finished either.
    const mine = await createBackupWriter(path)
    await (await createBackupWriter(path, { overwrite: true })).finish()
    const left = readdirSync(folder)
    expect(left).toHaveLength(5)
    expect(left).toEqual(expect.arrayContaining(['.a.backup.notes', 'a.backup']))
    expect(left.filter((name) => name.startsWith('.a.backup.old.'))).toHaveLength(1)
    await mine.abort()
    await other.kill()
    await (await createBackupWriter(path, { overwrite: true })).finish()
    expect(readdirSync(folder)).toHaveLength(3)
  })
})

describe('a file system without hard links', () => {
  beforeEach(() => {
    vi.spyOn(fs, 'link').mockRejectedValue(Object.assign(new Error('EPERM'), { code: 'EPERM' }))
    syncBuiltinESMExports()
  })
  afterEach(() => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
  })

  test('holds backups, and keeps what is there', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'backup')
    await (await createBackupWriter(path)).finish()
    expect(await checkBackup(path)).toMatchObject({ records: 0 })
    const late = await createBackupWriter(join(folder, 'late'))
    writeFileSync(join(folder, 'late'), 'kept')
    await expect(late.finish()).rejects.toMatchObject({ code: 'CONFLICT' })
    expect(readFileSync(join(folder, 'late'), 'utf8')).toBe('kept')
    expect(readdirSync(folder)).toEqual(['backup', 'late'])
  })
})

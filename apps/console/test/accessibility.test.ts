import { isChromiumWanted } from '@switchyard/services'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousFaults } from './support/axe.ts'
import { type Console, startConsole } from './support/console.ts'
import { fill } from './support/traffic.ts'

const PAGES: readonly (readonly [hash: string, ready: string])[] = [
  ['overview', 'local sqlite'],
  ['keys', 'order:'],
  ['keys?key=stock%3A4', 'Version'],
  ['switch', 'Dry run'],
  ['events', 'connected'],
  ['configuration', 'Log level'],
  ['audit', 'backup'],
  ['backups', 'monday'],
]

const WIDE = { width: 1360, height: 850 }
const NARROW = { width: 360, height: 720 }

describe.runIf(isChromiumWanted())('people who', () => {
  let one: Console

  beforeAll(async () => {
    one = await startConsole()
    await fill(one.url, 300)
    const headers = { 'content-type': 'application/json' }
    await fetch(`${one.url}/v1/backup`, { method: 'POST', body: '{"name":"monday"}', headers })
  }, 600_000)
  afterAll(() => one.stop())

  async function show(page: Page, hash: string, ready: string): Promise<void> {
    await page.goto(`${one.url}/#/${hash}`)
    await page.getByRole('main').getByText(ready).first().waitFor()
  }

  test.each([
    ['light', WIDE],
    ['dark', WIDE],
    ['light', NARROW],
  ] as const)('see a %s page of %o meet no serious fault', async (colorScheme, viewport) => {
    const { page, faults } = await one.open({ colorScheme, viewport })
    for (const [hash, ready] of PAGES) {
      await show(page, hash, ready)
      expect([hash, await seriousFaults(page)]).toEqual([hash, []])
    }
    expect(faults).toEqual([])
  })

  test('are in dialogs and conflicts meet none either', async () => {
    const { page } = await one.open({ colorScheme: 'dark' })
    await show(page, 'keys?key=stock%3A4', 'Version')
    await page.getByLabel('Value').fill('1')
    await fetch(`${one.url}/v1/state/stock%3A4`, { method: 'PUT', body: '2' })
    await page.getByText('This key was changed').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.getByRole('button', { name: 'New key…' }).click()
    expect(await seriousFaults(page)).toEqual([])
  })

  test('have a narrow screen scroll in one direction only', async () => {
    const { page } = await one.open({ viewport: NARROW })
    for (const [hash, ready] of PAGES) {
      await show(page, hash, ready)
      expect([hash, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([
        hash,
        NARROW.width,
      ])
    }
  })

  test('choose dark colours find them again', async () => {
    const { page, faults } = await one.open({ colorScheme: 'light' })
    const ground = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const light = await ground()
    await page.getByLabel('Colours').selectOption('dark')
    const dark = await ground()
    expect(dark).not.toBe(light)
    await page.reload()
    await page.getByText('local serves').waitFor()
    expect(await ground()).toBe(dark)
    expect(faults).toEqual([])
  })
})

import { isChromiumWanted } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Console, startConsole } from './support/console.ts'
import { fill, startTraffic } from './support/traffic.ts'

const KEYS = 3000

describe.runIf(isChromiumWanted())('the switch wizard', () => {
  let one: Console

  async function active(): Promise<string> {
    return ((await (await fetch(`${one.url}/v1/backends`)).json()) as { active: string }).active
  }

  beforeAll(async () => {
    one = await startConsole()
    await fill(one.url, KEYS)
  }, 600_000)
  afterAll(() => one.stop())

  test('moves from SQLite to files under load, and back', async () => {
    const { page, faults } = await one.open()
    const traffic = startTraffic(one.url)
    await page.getByRole('link', { name: 'Switch to files' }).click()
    await page.locator('summary').click()
    await page.getByLabel('Highest rate').fill('1500')
    await page.getByRole('button', { name: 'Dry run' }).click()
    await page.getByText('files can hold everything that is in local').waitFor()
    const go = page.getByRole('button', { name: 'Switch local → files' })
    expect(await go.isDisabled()).toBe(true)
    await page.getByLabel('I can do without these').check()
    expect(await active()).toBe('local')
    await go.click()

    // Both are there at once, and not for long.
    await Promise.all([
      page.getByText('Switching local → files').waitFor(),
      page.getByRole('progressbar', { name: 'Copied' }).waitFor(),
    ])
    await page.getByRole('status').getByText('files serves').waitFor()
    expect(await page.getByText(/Requests waited for [\d.]+ m?s/).count()).toBe(1)
    expect(await page.getByRole('list', { name: 'Phases' }).locator('.past').count()).toBe(6)
    expect(await active()).toBe('files')
    await page.locator('header').getByText('files serves').waitFor()

    await page.getByRole('button', { name: 'Roll back to local' }).click()
    await page.getByRole('status').getByText('local serves').waitFor()
    expect(await active()).toBe('local')
    expect(await traffic.stop()).toBeGreaterThan(0)
    expect(faults).toEqual([])
  })

  test('gives one up', async () => {
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/switch?to=files`)
    await page.locator('summary').click()
    await page.getByLabel('Highest rate').fill('50')
    await page.getByRole('button', { name: 'Dry run' }).click()
    await page.getByLabel('I can do without these').check()
    await page.getByRole('button', { name: 'Switch local → files' }).click()
    await page.getByRole('button', { name: 'Give it up' }).click()
    await page.getByText('Given up: local serves as before').waitFor()
    expect(await active()).toBe('local')
    await page.getByRole('button', { name: 'New switch' }).click()
    await page.getByRole('button', { name: 'Dry run' }).waitFor()
    expect(faults).toEqual([])
  })

  test('does not begin one that would be refused', async () => {
    const { page } = await one.open()
    await page.route('**/v1/switch', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      const response = await route.fetch()
      const plan = (await response.json()) as object
      await route.fulfill({ response, json: { ...plan, obstacles: ["'files' is not empty"] } })
    })
    await page.goto(`${one.url}/#/switch?to=files`)
    await page.getByRole('button', { name: 'Dry run' }).click()
    await page.getByRole('alert').getByText('A switch to files would be refused').waitFor()
    await page.getByText("'files' is not empty").waitFor()
    await page.getByLabel('I can do without these').check()
    expect(await page.getByRole('button', { name: 'Switch local → files' }).isDisabled()).toBe(true)
  })

  test('says why the server refuses one', async () => {
    const { page } = await one.open()
    await page.goto(`${one.url}/#/switch?to=cache`)
    await page.getByRole('radio', { name: /^cache/ }).waitFor()
    expect(await page.getByRole('radio', { name: /^cache/ }).isChecked()).toBe(true)
    const dryRun = page.getByRole('button', { name: 'Dry run' })
    await dryRun.click()
    await page.getByRole('alert').getByText('INVALID_OPTIONS').waitFor()
    await page.locator('summary').click()
    await page.getByLabel('Allow a volatile target').check()
    await dryRun.click()
    await page.getByText('durability').waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    for (const none of ['', '0.5', '60001']) {
      await page.getByLabel('Longest pause').fill(none)
      expect(await dryRun.isDisabled()).toBe(true)
    }
    await page.getByLabel('Longest pause').fill('100')
    // It was a plan for other options.
    expect(await page.getByRole('button', { name: 'Switch local → cache' }).count()).toBe(0)
    expect(await active()).toBe('local')
  })
})

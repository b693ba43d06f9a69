import { isChromiumWanted } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Console, startConsole } from './support/console.ts'

describe.runIf(isChromiumWanted())('the other pages', () => {
  let one: Console

  async function send(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${one.url}${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    })
    expect(response.ok).toBe(true)
    return (await response.json()) as Record<string, unknown>
  }

  beforeAll(async () => {
    one = await startConsole()
  }, 600_000)
  afterAll(() => one.stop())

  test('events come as they happen, and wait while they are paused', async () => {
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/events`)
    await page.getByText('Nothing has happened').waitFor()
    await page.getByText('connected').waitFor()
    await send('PUT', '/v1/state/first', 1)
    await page.getByRole('link', { name: 'first' }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await send('PUT', '/v1/state/second', 2)
    await page.getByText('2 seen').waitFor()
    expect(await page.getByRole('link', { name: 'second' }).count()).toBe(0)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('link', { name: 'second' }).waitFor()
    await page.getByLabel('Prefix').fill('f')
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('Nothing has happened').waitFor()
    await page.getByText('connected').waitFor()
    await send('PUT', '/v1/state/second', 3)
    await send('PUT', '/v1/state/fourth', 4)
    await page.getByRole('link', { name: 'fourth' }).waitFor()
    expect(await page.getByRole('link', { name: 'second' }).count()).toBe(0)
    expect(faults).toEqual([])
  })

  test('the configuration is changed, and what others have changed stays', async () => {
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/configuration`)
    await page.getByLabel('Name of a feature').fill('search')
    await page.getByLabel('Name of a feature').press('Enter')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Configuration saved').waitFor()
    expect(await send('GET', '/v1/config')).toMatchObject({ settings: { features: { search: true } } })

    await page.getByLabel('Custom').fill('{"limit": 5}')
    await send('PATCH', '/v1/config', { rateLimitMultiplier: 2 })
    await page.getByText('The configuration was changed while you were editing it').waitFor()
    await page.getByRole('button', { name: 'Save mine on top' }).click()
    await expect
      .poll(() => send('GET', '/v1/config'))
      .toMatchObject({
        settings: { rateLimitMultiplier: 2, custom: { limit: 5 }, features: { search: true } },
      })
    await expect.poll(() => page.getByLabel('Rate limits').inputValue()).toBe('2')
    expect(faults).toEqual([])
  })

  test('what is edited right after a save begins on what was saved', async () => {
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/configuration`)
    await page.getByLabel('Rate limits').fill('3')
    const answers = Promise.withResolvers<void>()
    let isSaved = false
    let waiting = 0
    await page.route('**/v1/config', async (route) => {
      if (route.request().method() === 'PATCH') isSaved = true
      else if (isSaved) {
        waiting++
        await answers.promise
      }
      await route.continue()
    })
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => waiting).toBeGreaterThan(0)
    // What is stored now is not known yet.
    expect(await page.getByLabel('Rate limits').inputValue()).toBe('3')
    expect(await page.getByLabel('Rate limits').isDisabled()).toBe(true)
    answers.resolve()
    await page.getByText('Configuration saved').waitFor()
    expect(await page.getByText('was changed while you were editing it').count()).toBe(0)
    await page.getByLabel('Rate limits').fill('4')
    await page.getByRole('button', { name: 'Save' }).click()
    await expect.poll(() => send('GET', '/v1/config')).toMatchObject({ settings: { rateLimitMultiplier: 4 } })
    expect(faults).toEqual([])
  })

  test('a configuration that makes no sense is refused, with the reason', async () => {
    const { page } = await one.open()
    await page.goto(`${one.url}/#/configuration`)
    await page.getByLabel('Remove expired entries').check()
    await page.getByLabel('How often').fill('often')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('alert').getByText('cleanupInterval').waitFor()
    await page.getByLabel('Custom').fill('[1]')
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  })

  test('a backup is made and restored', async () => {
    await send('PUT', '/v1/state/kept', 'before')
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/backups`)
    await page.getByText('There is none yet.').waitFor()
    await page.getByLabel('Name').fill('monday')
    await page.getByRole('button', { name: 'Back up' }).click()
    await page.getByRole('button', { name: 'Restore monday' }).click()
    await send('PUT', '/v1/state/kept', 'after')
    const dialog = page.getByRole('dialog', { name: 'Restore monday' })
    await dialog.getByLabel('How').selectOption('replace')
    const restore = dialog.getByRole('button', { name: 'Restore' })
    expect(await restore.isDisabled()).toBe(true)
    await dialog.getByLabel('Write monday to confirm').fill('monday')
    await restore.click()
    await page.getByText(/entries restored from monday/).waitFor()
    expect(await (await fetch(`${one.url}/v1/state/kept`)).json()).toBe('before')
    expect(faults).toEqual([])
  })

  test('the audit names what was done', async () => {
    const { page, faults } = await one.open()
    await send('POST', '/v1/cleanup')
    await page.goto(`${one.url}/#/audit`)
    await page
      .getByRole('row', { name: /cleanup/i })
      .first()
      .waitFor()
    expect(faults).toEqual([])
  })

  test('an address without a page says so', async () => {
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/nowhere`)
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    expect(faults).toEqual([])
  })
})

import { isChromiumWanted } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Console, startConsole } from './support/console.ts'
import { fill, startTraffic } from './support/traffic.ts'

describe.runIf(isChromiumWanted())('the overview', () => {
  let one: Console

  beforeAll(async () => {
    one = await startConsole()
    await fill(one.url, 500)
  }, 600_000)
  afterAll(() => one.stop())

  test('shows who serves, what backends can do, and live traffic', async () => {
    const { page, faults } = await one.open()
    const traffic = startTraffic(one.url)
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.getByText('local serves').waitFor()
    const backends = page.getByRole('region', { name: 'Backends' })
    expect(await backends.getByRole('listitem').allTextContents()).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^local sqlitehealthydurable.*serves$/),
        expect.stringMatching(/^cache memoryhealthy.*Switch to cache$/),
      ]),
    )
    const rate = page.getByRole('img', { name: /^Requests per second, now/ })
    await expect
      .poll(async () => Number(/\d+$/.exec((await rate.getAttribute('aria-label')) ?? '')?.[0]))
      .toBeGreaterThan(0)
    await page.getByRole('row', { name: /^get/ }).waitFor()
    await expect.poll(() => page.getByRole('region', { name: 'Storage' }).textContent()).toContain('500')
    expect(await traffic.stop()).toBeGreaterThan(0)
    expect(faults).toEqual([])
  })

  test('can be gone through with the keyboard alone', async () => {
    const { page, faults } = await one.open()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await page.keyboard.press('Tab')
    expect(await page.locator(':focus').textContent()).toBe('Skip to the content')
    await page.keyboard.press('Enter')
    expect(await page.locator(':focus').textContent()).toBe('Overview')
    await page.keyboard.press('Shift+Tab')
    await page.getByRole('link', { name: 'Keys' }).focus()
    await page.keyboard.press('Enter')
    await page.locator('h1:focus', { hasText: 'Keys' }).waitFor()
    expect(faults).toEqual([])
  })

  test('says so when the server is gone, and goes on when it is back', async () => {
    const { page } = await one.open()
    await page.getByText('local serves').waitFor()
    await page.route('**/v1/**', (route) => route.abort())
    await page.getByText('No connection').waitFor()
    await page.getByText('These are not the latest figures').first().waitFor()
    await page.unroute('**/v1/**')
    await page.getByText('local serves').waitFor()
    await expect.poll(() => page.getByText('These are not the latest figures').count()).toBe(0)
  })

  test('says so where an older server has no figures', async () => {
    const { page } = await one.open()
    const body = JSON.stringify({ status: 404, code: 'ROUTE_NOT_FOUND', detail: 'There is no such route' })
    await page.route('**/v1/debug/**', (route) => route.fulfill({ status: 404, body }))
    await page.reload()
    await page.getByText('Not available on this server: it has no figures about requests.').waitFor()
    await page.getByText('local serves').waitFor()
  })
})

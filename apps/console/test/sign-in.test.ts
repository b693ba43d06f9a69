import { createHash } from 'node:crypto'
import { isChromiumWanted } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seriousFaults } from './support/axe.ts'
import { type Console, startConsole } from './support/console.ts'

const hashOf = (token: string): string => `sha256:${createHash('sha256').update(token).digest('hex')}`

describe.runIf(isChromiumWanted())('a server with tokens', () => {
  let one: Console

  beforeAll(async () => {
    one = await startConsole([
      {
        name: 'operator',
        hash: hashOf('of-the-operator'),
        scopes: ['read', 'write', 'list', 'watch', 'admin'],
      },
      { name: 'reader', hash: hashOf('of-the-reader'), scopes: ['read', 'list'], prefixes: ['app:'] },
    ])
  }, 600_000)
  afterAll(() => one.stop())

  /** That there is no session yet is how the page learns that it is to ask for one. */
  const withoutRefusals = (faults: readonly string[]): readonly string[] =>
    faults.filter((fault) => !fault.includes('status of 401'))

  test('lets those with a token in, and out again', async () => {
    const { page, faults } = await one.open()
    await page.getByLabel('Token').waitFor()
    expect(await seriousFaults(page)).toEqual([])
    await page.getByLabel('Token').fill('a guess')
    await page.keyboard.press('Enter')
    await page.getByText('That token is not valid').waitFor()
    await page.getByLabel('Token').fill('of-the-operator')
    await page.keyboard.press('Enter')
    await page.getByText('local serves').waitFor()
    expect(
      await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })'),
    ).not.toMatch(/operator|session/)
    await page.reload()
    await page.getByText('local serves').waitFor()

    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'New key…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Key').fill('signed')
    await dialog.getByLabel('Value').fill('1')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await page.getByText('signed created').waitFor()

    // The page may ask for a token already before it loads itself anew.
    const loadedAnew = page.waitForEvent('load')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await loadedAnew
    await page.getByLabel('Token').waitFor()
    await page.reload()
    await page.getByLabel('Token').waitFor()
    expect(withoutRefusals(faults)).toEqual([])
  })

  test('says what a token may not see', async () => {
    const { page } = await one.open()
    await page.getByLabel('Token').fill('of-the-reader')
    await page.keyboard.press('Enter')
    await page.getByText('You may not see the backends').waitFor()
    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByText('No keys here.').waitFor()
    await page.getByText('Without administration').waitFor()
    await page.getByRole('link', { name: 'Events' }).click()
    await page.getByText('The server refuses to tell of these events').waitFor()
    await page.getByRole('link', { name: 'Audit' }).click()
    await page.getByText('You may not see the audit').waitFor()
  })
})

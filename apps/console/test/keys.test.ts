import { isChromiumWanted } from '@switchyard/services'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Console, startConsole } from './support/console.ts'

describe.runIf(isChromiumWanted())('the key browser', () => {
  let one: Console

  const urlOf = (key: string, query = ''): string => `${one.url}/v1/state/${encodeURIComponent(key)}${query}`
  async function put(key: string, body: string, query = '', type = 'application/json'): Promise<void> {
    const response = await fetch(urlOf(key, query), {
      method: 'PUT',
      body,
      headers: { 'content-type': type },
    })
    expect(response.ok).toBe(true)
  }
  const stored = async (key: string): Promise<string> => (await fetch(urlOf(key))).text()
  const at = (key: string): string => `${one.url}/#/keys?${new URLSearchParams({ key })}`

  beforeAll(async () => {
    one = await startConsole()
  }, 600_000)
  afterAll(() => one.stop())

  test('opens prefixes and keys with the arrows', async () => {
    for (const key of ['order:1', 'order:2:items', 'other/<b>bold']) await put(key, '1')
    const { page, faults } = await one.open()
    await page.getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('treeitem', { name: 'order:' }).focus()
    await page.keyboard.press('ArrowRight')
    await page.getByRole('treeitem', { name: '2:' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'order:1' }).waitFor()
    expect(await page.getByLabel('Value').inputValue()).toBe('1')
    expect(new URL(page.url()).hash).toBe('#/keys?key=order%3A1')
    await page.getByRole('treeitem', { name: 'other/' }).click()
    await page.getByRole('treeitem', { name: '<b>bold' }).click()
    await page.getByRole('heading', { name: 'other/<b>bold' }).waitFor()
    expect(await page.locator('b').count()).toBe(0)
    await page.goBack()
    await page.getByRole('heading', { name: 'order:1' }).waitFor()
    expect(faults).toEqual([])
  })

  test('saves a value, and leaves its numbers and its expiry as they are', async () => {
    await put('exact', '{"big":12345678901234567890,"name":"a"}', '?ttl=1h')
    const { page, faults } = await one.open()
    await page.goto(at('exact'))
    const value = page.getByLabel('Value')
    await value.waitFor()
    expect(await value.inputValue()).toBe('{\n  "big": 12345678901234567890,\n  "name": "a"\n}')
    expect(await page.locator('time').first().textContent()).toMatch(/^in (1 h 00|59) min/)
    await value.fill('{ "big": 12345678901234567890, "name": ')
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
    await value.fill('{ "big": 12345678901234567890, "name": "<script>b</script>" }')
    await value.press('Control+s')
    await page.getByText('exact saved').waitFor()
    expect(await stored('exact')).toBe('{"big":12345678901234567890,"name":"<script>b</script>"}')
    expect((await fetch(urlOf('exact'))).headers.get('expires-at')).not.toBeNull()
    expect(faults).toEqual([])
  })

  test('tells of a change under the hand, and overwrites nothing unless it is asked to', async () => {
    await put('shared', '{"by":"first"}')
    const { page, faults } = await one.open()
    await page.goto(at('shared'))
    const value = page.getByLabel('Value')
    await value.waitFor()

    await put('shared', '{"by":"others"}')
    await page.getByText('Changed by others').waitFor()
    expect(await value.inputValue()).toContain('others')

    await value.fill('{"by":"me"}')
    await put('shared', '{"by":"others again"}')
    const warning = page.getByRole('alert')
    await warning.getByText('This key was changed while you were editing it').waitFor()
    expect(await page.locator('pre').textContent()).toContain('others again')
    expect(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true)
    expect(await stored('shared')).toBe('{"by":"others again"}')

    await warning.getByRole('button', { name: 'Save mine over it' }).click()
    await page.getByText('Saved over the other change').waitFor()
    expect(await stored('shared')).toBe('{"by":"me"}')

    await value.fill('{"by":"me, later"}')
    await fetch(urlOf('shared'), { method: 'DELETE' })
    await page.getByText('This key was deleted while you were editing it').waitFor()
    await page.getByRole('button', { name: 'Discard mine' }).click()
    await page.getByText('This key is not there').waitFor()
    // Where the key goes while the page reads it after the save, the browser logs the answer by itself.
    expect(faults.filter((fault) => !fault.includes('404 (Not Found)'))).toEqual([])
  })

  test('tells of a change that the event stream did not, too', async () => {
    await put('unheard', '1')
    const { page } = await one.open()
    await page.route('**/v1/events*', (route) => route.abort())
    await page.goto(at('unheard'))
    const value = page.getByLabel('Value')
    await value.fill('2')
    await put('unheard', '3')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('This key was changed while you were editing it').waitFor()
    expect(await stored('unheard')).toBe('3')
    const readAgain = page.waitForResponse(/\/v1\/state\/unheard$/)
    await page.getByRole('button', { name: 'Discard mine' }).click()
    await readAgain

    await put('unheard', '4')
    await page.getByRole('button', { name: 'Delete…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alert').getByText('Not done').waitFor()
    expect(await value.inputValue()).toBe('4')
    expect(await stored('unheard')).toBe('4')
  })

  test('keeps what is being edited while another key is looked at', async () => {
    await put('one', '1')
    await put('two', '2')
    const { page, faults } = await one.open()
    await page.goto(at('one'))
    await page.getByLabel('Value').fill('11')
    await page.goto(at('two'))
    await expect.poll(() => page.getByLabel('Value').inputValue()).toBe('2')
    await put('one', '111')
    await page.goto(at('one'))
    await expect.poll(() => page.getByLabel('Value').inputValue()).toBe('11')
    await page.getByText('This key was changed while you were editing it').waitFor()
    expect(faults).toEqual([])
  })

  test('counts down to the expiry', async () => {
    const { page, faults } = await one.open()
    await page.goto(`${one.url}/#/keys`)
    await page.getByText('Choose a key').waitFor()
    await put('brief', '"soon gone"', '?ttl=8s')
    await page.goto(at('brief'))
    await page.getByText(/^in [1-8] s$/).waitFor()
    await page.getByText('This key is not there').waitFor()
    expect(faults).toEqual([])
  })

  test('makes and deletes a key, and never makes one that is there', async () => {
    await put('taken', '1')
    const { page } = await one.open()
    await page.goto(`${one.url}/#/keys`)
    await page.getByRole('button', { name: 'New key…' }).click()
    const dialog = page.getByRole('dialog', { name: 'New key' })
    await dialog.getByLabel('Key').fill('taken')
    await dialog.getByLabel('Value').fill('{"a": [1, 2]}')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await dialog.getByText('There is such a key already').waitFor()
    expect(await stored('taken')).toBe('1')
    await dialog.getByLabel('Key').fill('made/here')
    await dialog.getByLabel('Expiry').selectOption('ttl')
    await dialog.getByLabel('Time to live').fill('5m')
    await dialog.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { name: 'made/here' }).waitFor()
    expect(await stored('made/here')).toBe('{"a":[1,2]}')
    await page.getByText(/^in (5 min 00|4 min \d\d) s$/).waitFor()
    await page.getByRole('button', { name: 'Delete…' }).click()
    const question = page.getByRole('dialog', { name: 'Delete this key?' })
    await question.waitFor()
    await page.keyboard.press('Escape')
    await question.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Delete…' }).click()
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('This key is not there').waitFor()
    expect((await fetch(urlOf('made/here'))).status).toBe(404)
  })

  test('shows bytes, and does not edit what it would not keep', async () => {
    await fetch(urlOf('bytes'), { method: 'PUT', body: new Uint8Array([0, 255, 65]) })
    await put('lines', 'one\r\ntwo', '', 'text/plain')
    const { page, faults } = await one.open()
    await page.goto(at('bytes'))
    await page.getByText('It is not text.').waitFor()
    expect(await page.locator('pre').textContent()).toMatch(/00000000 {2}00 ff 41 +\.\.A/)
    await page.goto(at('lines'))
    await page.getByText('It has carriage returns').waitFor()
    await page.goto(at('..'))
    await page.getByText('No URL can carry this key').waitFor()
    expect(faults).toEqual([])
  })
})

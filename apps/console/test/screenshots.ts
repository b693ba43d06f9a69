// Writes the pictures of the documentation: `pnpm run screenshots` in apps/console, after a build.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { startConsole } from './support/console.ts'
import { fill, startTraffic } from './support/traffic.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/images/', import.meta.url))
/** Until the first requests, which are slow, are past the figures' ten seconds; and until the charts are full. */
const WARM_UP_MS = 12_000
const SHOWN_MS = 32_000

await mkdir(FOLDER, { recursive: true })
const one = await startConsole()
try {
  await fill(one.url, 12_000)
  const traffic = startTraffic(one.url)
  await sleep(WARM_UP_MS)
  const { page } = await one.open({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
  await page.getByRole('row', { name: /^get/ }).waitFor()
  await sleep(SHOWN_MS)
  await shoot(page, 'overview')

  await page.goto(`${one.url}/#/keys?key=session%3A8`)
  await page.getByRole('treeitem', { name: 'order:' }).click()
  await page.getByRole('treeitem', { name: '2026-03:' }).click()
  await page.getByLabel('Value').fill('{\n  "id": 8,\n  "total": 25\n}')
  await send('PUT', '/v1/state/session%3A8', { id: 8, total: 24, open: false, items: ['tea'] })
  await page.getByText('This key was changed').waitFor()
  await shoot(page, 'keys')

  await page.goto(`${one.url}/#/switch?to=files`)
  await page.locator('summary').click()
  await page.getByLabel('Highest rate').fill('1000')
  await page.getByRole('button', { name: 'Dry run' }).click()
  await page.getByLabel('I can do without these').check()
  await page.getByRole('button', { name: 'Switch local → files' }).click()
  await page.getByRole('progressbar', { name: 'Copied' }).waitFor()
  await sleep(4000)
  await shoot(page, 'switch')
  await traffic.stop()

  // The others have less to show.
  await page.setViewportSize({ width: 1280, height: 640 })
  await page.getByRole('link', { name: 'Events' }).click()
  await page.getByText('connected').waitFor()
  await page.locator('header').getByText('files serves').waitFor()
  for (const id of [71, 72, 73]) await send('PUT', `/v1/state/session%3A${id}?ttl=2h`, { id, open: true })
  await send('DELETE', '/v1/state/stock%3A9')
  await send('PATCH', '/v1/config', {
    features: { search: true, 'new-checkout': false },
    custom: { contact: 'ops@example.org', shop: { currency: 'EUR' } },
  })
  await send('POST', '/v1/state/orders%3Atoday/increment', { by: 1 })
  await page.getByRole('link', { name: 'orders:today' }).waitFor()
  await shoot(page, 'events')

  await page.getByRole('link', { name: 'Configuration' }).click()
  await page.getByRole('checkbox', { name: 'new-checkout' }).check()
  await shoot(page, 'configuration')

  for (const name of ['before-upgrade', 'monday']) await send('POST', '/v1/backup', { name })
  await page.getByRole('link', { name: 'Backups' }).click()
  await page.getByRole('button', { name: 'Restore monday' }).waitFor()
  await shoot(page, 'backups')

  await send('POST', '/v1/optimize')
  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByRole('row', { name: /optimize/ }).waitFor()
  await shoot(page, 'audit')
} finally {
  await one.stop()
}

async function send(method: string, path: string, body?: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${one.url}${path}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers }),
  })
  if (!response.ok) throw new Error(`${response.status} from ${path}: ${await response.text()}`)
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    // The charts are drawn anew.
    await sleep(500)
    await page.screenshot({ path: join(FOLDER, `console-${name}-${colorScheme}.png`) })
  }
}

import axe, { type AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

/** Faults that keep people from using a page, in the words of axe. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`)
}

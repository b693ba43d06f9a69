import type { JSX } from 'preact'
import { Page } from '../components/page.tsx'
import { Empty } from '../components/states.tsx'
import { href } from '../router.ts'

export function NoPage(): JSX.Element {
  return (
    <Page title="There is no such page">
      <Empty>
        Go to the <a href={href('overview')}>overview</a>.
      </Empty>
    </Page>
  )
}

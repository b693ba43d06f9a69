import type { JSX } from 'preact'
import type { Backend } from '../../api/types.ts'
import { Badge } from '../../components/badge.tsx'
import { Capabilities } from '../../components/capabilities.tsx'
import { HealthBadge } from '../../components/health-badge.tsx'
import { Panel } from '../../components/panel.tsx'
import { WhenLoaded } from '../../components/states.tsx'
import { useServer } from '../../data/server.ts'
import { href } from '../../router.ts'

/** Each backend, how it is, and what it can do. */
export function BackendsPanel(): JSX.Element {
  const { backends } = useServer()
  return (
    <Panel title="Backends">
      <WhenLoaded loaded={backends} what="backends">
        {({ backends: all }) => (
          <ul class="backends">
            {all.map((backend) => (
              <Item key={backend.name} {...backend} />
            ))}
          </ul>
        )}
      </WhenLoaded>
    </Panel>
  )
}

function Item({ name, plugin, active, health, capabilities }: Backend): JSX.Element {
  return (
    <li>
      <div>
        <strong>{name}</strong> <span class="muted">{plugin}</span>
      </div>
      <div>
        <HealthBadge {...health} />
      </div>
      <Capabilities {...capabilities} />
      <div class="end">
        {active ? (
          <Badge kind="accent">serves</Badge>
        ) : (
          <a href={href('switch', { to: name })}>Switch to {name}</a>
        )}
      </div>
    </li>
  )
}

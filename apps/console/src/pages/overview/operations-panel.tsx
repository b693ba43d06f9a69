import type { JSX } from 'preact'
import { requestJson } from '../../api/request.ts'
import type { OperationFigures } from '../../api/types.ts'
import { Panel } from '../../components/panel.tsx'
import { ScrollArea } from '../../components/scroll-area.tsx'
import { Empty, WhenLoaded } from '../../components/states.tsx'
import { useLoaded } from '../../data/poll.ts'
import { formatCount, formatMs } from '../../text/format.ts'

const EVERY_MS = 1000

type Operations = Readonly<Record<string, OperationFigures>>

/** What the active backend is asked to do. */
export function OperationsPanel(): JSX.Element {
  const operations = useLoaded(
    (signal) => requestJson<Operations>('GET', 'v1/debug/state/operations', { signal }),
    EVERY_MS,
  )
  return (
    <Panel title="Operations">
      <WhenLoaded loaded={operations} what="figures about operations">
        {(byName) =>
          Object.keys(byName).length === 0 ? <Empty>None yet.</Empty> : <Table operations={byName} />
        }
      </WhenLoaded>
    </Panel>
  )
}

function Table({ operations }: { readonly operations: Operations }): JSX.Element {
  return (
    <ScrollArea label="Operations">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Per second</th>
            <th scope="col">p50</th>
            <th scope="col">p99</th>
            <th scope="col">Count</th>
            <th scope="col">Errors</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(operations).map(([name, { perSecond, latencyMs, count, errors }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{formatCount(Math.round(perSecond))}</td>
              <td>{formatMs(latencyMs.p50)}</td>
              <td>{formatMs(latencyMs.p99)}</td>
              <td>{formatCount(count)}</td>
              <td>{formatCount(errors)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  )
}

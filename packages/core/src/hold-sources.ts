import type { Registry } from './registry.ts'
import type { SwitchJournal } from './switch/journal.ts'

/** The journal; with it the source of a switch stays registered for as long as it can be rolled back to. */
export function holdSources(journal: SwitchJournal, registry: Registry): SwitchJournal {
  let release = (): void => {}
  return {
    read: () => journal.read(),
    async write(record) {
      await journal.write(record)
      const { latest } = record
      if (latest?.state !== 'committed' && latest?.state !== 'completed') return
      release()
      // It has served up to now, so it is registered.
      release =
        latest.state === 'committed'
          ? registry.hold(latest.from, 'can be rolled back to until the switch is completed')
          : () => {}
    },
  }
}

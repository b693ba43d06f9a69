import { parseArgs } from 'node:util'
import { BROKEN_VARIANTS } from './broken-variants.ts'
import { LARGE_SCENARIOS, SCENARIOS } from './scenarios.ts'
import { SOUND_VARIANTS } from './sound-variants.ts'
import { HELD_HEADING, heldRow, hold, REFUTED_HEADING, refute, refutedRow, showTrace } from './table.ts'

const { values } = parseArgs({
  options: {
    trace: { type: 'string' },
    bounds: { type: 'string', default: 'small' },
    clients: { type: 'boolean', default: false },
  },
})
if (values.bounds !== 'small' && values.bounds !== 'large') {
  console.error(`--bounds is small or large, not '${values.bounds}'`)
  process.exit(1)
}
if (values.trace === undefined) process.exitCode = printTables(values.bounds === 'large') ? 0 : 1
else printTrace(values.trace, values.clients)

/** @returns whether every variant is what it is said to be */
function printTables(isLarge: boolean): boolean {
  let isAsSaid = true
  console.log(HELD_HEADING)
  for (const variant of SOUND_VARIANTS) {
    // Those that must hold only within some scenarios have no large ones.
    const large = variant.scenarios.length === SCENARIOS.length ? LARGE_SCENARIOS : []
    for (const scenario of isLarge ? large : variant.scenarios) {
      const result = hold(variant, scenario)
      console.log(heldRow(variant, scenario, result))
      isAsSaid &&= result.broken === undefined
    }
  }
  console.log(`\n${REFUTED_HEADING}`)
  for (const variant of BROKEN_VARIANTS) {
    const refutation = refute(variant)
    console.log(refutedRow(variant, refutation))
    isAsSaid &&= refutation.inside.broken !== undefined && refutation.seen.broken !== undefined
  }
  return isAsSaid
}

function printTrace(name: string, asClients: boolean): void {
  const variant = BROKEN_VARIANTS.find((one) => one.name === name)
  if (variant === undefined) {
    const names = BROKEN_VARIANTS.map((one) => `  ${one.name}`).join('\n')
    console.error(`There is no variant '${name}' that breaks; there are:\n${names}`)
    process.exit(1)
  }
  const { inside, seen } = refute(variant)
  const { broken } = asClients ? seen : inside
  if (broken === undefined) throw new Error(`'${name}' holds`)
  console.log(`${name}: ${variant.story}\n\n${showTrace(broken.trace)}\n\n${broken.property}`)
}

import type { BrokenVariant } from './broken-variants.ts'
import { check, type Result, type TraceStep } from './checker.ts'
import type { Scenario } from './scenarios.ts'
import type { SoundVariant } from './sound-variants.ts'
import { switching } from './switching.ts'

/** More than any of the large bounds needs; about 140 bytes each. */
const MAX_STATES = 50_000_000

/** What the checker says of a variant that must break. */
export interface Refutation {
  /** The run that is the shortest for who sees everything. */
  readonly inside: Result
  /** The shortest that clients can see to be wrong. */
  readonly seen: Result
  /** With the two steps that verify. */
  readonly verified: Result
}

export function refute({ algorithm, bounds }: BrokenVariant): Refutation {
  return {
    inside: check(switching(algorithm, bounds), MAX_STATES),
    seen: check(switching(algorithm, bounds, 'clients'), MAX_STATES),
    verified: check(switching(algorithm, { ...bounds, verifies: true }), MAX_STATES),
  }
}

export function hold({ algorithm }: SoundVariant, { bounds }: Scenario): Result {
  return check(switching(algorithm, bounds), MAX_STATES)
}

export const REFUTED_HEADING: string = heading([
  'variant',
  'verdict',
  'what breaks',
  'steps',
  'states',
  'clients see it after',
  'verifying',
  'what happens',
])

export function refutedRow({ name, story }: BrokenVariant, { inside, seen, verified }: Refutation): string {
  return row([
    name,
    inside.broken === undefined ? '**holds**' : 'refuted',
    inside.broken?.property ?? '',
    stepsOf(inside),
    inside.states,
    stepsOf(seen),
    verified.broken === undefined ? 'hides it' : 'does not help',
    story,
  ])
}

export const HELD_HEADING: string = heading(['algorithm', 'within', 'verdict', 'states', 'depth'])

export function heldRow({ name }: SoundVariant, scenario: Scenario, result: Result): string {
  const verdict = result.broken === undefined ? 'holds' : `**${result.broken.property}**`
  return row([name, scenario.name, verdict, result.states, result.depth])
}

export function showTrace(trace: readonly TraceStep[]): string {
  const width = Math.max(...trace.map(({ step }) => step.length))
  return trace
    .map(({ step, state }, i) => `${String(i).padStart(3)} ${step.padEnd(width)}  ${state}`)
    .join('\n')
}

function stepsOf({ broken }: Result): string {
  return broken === undefined ? '–' : String(broken.trace.length - 1)
}

function heading(names: readonly string[]): string {
  return `${row(names)}\n${row(names.map(() => '---'))}`
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

import { absentAt, COUNT, itemBatchAt, keyAt, keyBatchAt, scatteredKeyAt, valueAt } from './data.ts'
import { type InterleaveOptions, interleave, type Measured, type Work } from './interleave.ts'
import type { Subject, Subjects } from './subjects/subject.ts'

/** One column of the figures: an operation, and the rates of every subject that has it. */
export interface Measurement {
  readonly operation: string
  readonly measured: readonly Measured[]
}

/** What is done with a subject; nothing if the subject cannot do it. */
export type Operation = (subject: Subject) => Work | undefined

export const get: Operation = (subject) => (i) => subject.get(keyAt(i))
export const miss: Operation = (subject) => (i) => subject.get(absentAt(i))
export const set: Operation = (subject) => (i) => subject.set(keyAt(i), valueAt(i))
export const getScattered: Operation = (subject) => (i) => subject.get(scatteredKeyAt(i))
export const setScattered: Operation = (subject) => (i) => subject.set(scatteredKeyAt(i), valueAt(i))
export const getMany: Operation = ({ getMany: many }) => many && ((i) => many(keyBatchAt(i)))
export const setMany: Operation = ({ setMany: many }) => many && ((i) => many(itemBatchAt(i)))
/** A scan or a listing that does not find as many as there are would be a figure about nothing. */
export const scan: Operation = ({ scan: all }) => all && (async () => expect(await all(), COUNT))
export const list =
  (prefix: string, expected: number): Operation =>
  ({ list: within }) =>
    within && (async () => expect(await within(prefix), expected))

export async function measure(
  operation: string,
  subjects: Subjects,
  work: Operation,
  options?: InterleaveOptions,
): Promise<Measurement> {
  const works = new Map<string, Work>()
  for (const [name, subject] of subjects) {
    const made = work(subject)
    if (made !== undefined) works.set(name, made)
  }
  return { operation, measured: await interleave(works, options) }
}

function expect(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${expected} entries are there, ${found} were found`)
}

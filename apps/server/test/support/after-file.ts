import { afterAll } from 'vitest'

const works: (() => unknown)[] = []

/** Has this done when all tests of the file have ended, the latest first; unlike a hook it can be asked for within a test. */
export function afterFile(work: () => unknown): void {
  works.push(work)
}

afterAll(async () => {
  for (const work of works.reverse()) await work()
})

import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { MUTANTS, mutated } from './mutants.ts'

/** To be imported before a program: its copy of the core's sources is the variant that the environment names. */
const { changes } = MUTANTS.find(({ name }) => name === process.env['MUTANT']) ?? { changes: [] }
const CORE = fileURLToPath(new URL('../../packages/core/src/', import.meta.url))

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const wanted = changes.filter(({ file }) => url.startsWith('file:') && fileURLToPath(url) === CORE + file)
    if (wanted.length === 0) return loaded
    return { ...loaded, source: mutated(String(loaded.source), wanted) }
  },
})

// Prints one table of the conformance reports that the last tests of all packages have left; with `--write` it also
// becomes docs/conformance.md.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const readJson = (...path) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** What was found before the package's last tests began is of a form that is not tested any more. */
function reportsOf(folder) {
  const conformance = join(folder, 'conformance')
  if (!existsSync(conformance) || !existsSync(join(folder, 'vitest.json'))) return []
  const { startTime } = readJson(folder, 'vitest.json')
  return readdirSync(conformance)
    .filter((file) => file.endsWith('.json'))
    .map((file) => readJson(conformance, file))
    .filter(({ date }) => Date.parse(date) >= startTime)
}

const reports = readdirSync(join(ROOT, 'packages'))
  .flatMap((name) => reportsOf(join(ROOT, 'packages', name, '.reports')))
  .toSorted((one, other) => (one.name < other.name ? -1 : 1))

const head = [
  'backend',
  'passed',
  'failed',
  'not run',
  'left out',
  'ttl',
  'atomicity',
  'transactions',
  'watch',
]
const rows = reports.map(({ name, passed, failed, notRun, leftOut, capabilities }) => [
  name,
  passed,
  failed,
  notRun,
  leftOut,
  capabilities.ttl,
  capabilities.atomicity,
  capabilities.transactions ? 'yes' : 'no',
  capabilities.watch ? 'yes' : 'no',
])
const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => String(row[i]).length)))
const line = (cells) => `| ${cells.map((cell, i) => String(cell).padEnd(widths[i])).join(' | ')} |`
const table = [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')

console.log(table)
if (process.argv.includes('--write')) {
  const text = `# Conformance

What \`npm test\` found: each backend, in each of its forms, against the cases of the
[conformance kit](../packages/conformance) that go with the capabilities it declares. \`node tools/conformance-report.mjs --write\`
writes this page anew.

${table}
`
  writeFileSync(join(ROOT, 'docs', 'conformance.md'), text)
}

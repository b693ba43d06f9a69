import type { Capabilities } from '@switchyard/core'
import { AREA_NAMES, type AreaName } from './area-names.ts'
import type { ConformanceReport } from './report.ts'
import type { AreaResult } from './tally.ts'

/** The report of one backend, for people. */
export function reportMarkdown(report: ConformanceReport): string {
  const { name, node, platform, date, seed, passed, failed, notRun, leftOut, areas, capabilities } = report
  const failures = areas.flatMap((area) => area.failures.map((failure) => ({ ...failure, area: area.area })))
  const sections = [
    `# Conformance of ${name}`,
    `**${verdict(report)}** ${passed} cases passed, ${failed} failed, ${notRun} did not run, ${leftOut} left out.`,
    `Node ${node} on ${platform}, ${date}, ${(report.durationMs / 1000).toFixed(1)} s, seed ${seed}, ${report.clock} clock.`,
    table(
      ['capability', 'declared'],
      Object.entries(capabilities).map(([capability, value]) => [capability, show(value)]),
    ),
    table(
      ['area', 'passed', 'failed', 'not run', 'left out'],
      areas.map((area) => [area.area, area.passed, area.failed, area.notRun, area.leftOut].map(String)),
    ),
  ]
  if (failures.length > 0) {
    const lines = failures.map(({ area, title, message }) => `- ${area}: ${title}\n\n${indented(message)}`)
    sections.push('## Failures', lines.join('\n\n'))
  }
  return `${sections.join('\n\n')}\n`
}

/** Several backends side by side: what they declare, and how they did. */
export function compareReports(reports: readonly ConformanceReport[]): string {
  const names = reports.map(({ name }) => name)
  const fields = Object.keys(reports[0]?.capabilities ?? {}) as (keyof Capabilities)[]
  const areaRow = (name: AreaName): string[] => [
    name,
    ...reports.map(({ areas }) => areaCell(areas.find(({ area }) => area === name))),
  ]
  const sections = [
    table(
      ['capability', ...names],
      fields.map((field) => [field, ...reports.map(({ capabilities }) => show(capabilities[field]))]),
    ),
    table(
      ['area', ...names],
      [
        ...AREA_NAMES.map(areaRow),
        ['**all**', ...reports.map((report) => `**${verdict(report)}** ${report.passed}/${total(report)}`)],
        ['Node', ...reports.map(({ node }) => node)],
      ],
    ),
  ]
  return `${sections.join('\n\n')}\n`
}

/** Nothing is conformant by what was not tried. */
function verdict({ failed, notRun, leftOut }: ConformanceReport): string {
  if (failed > 0) return 'FAILED'
  return notRun + leftOut > 0 ? 'INCOMPLETE' : 'passed'
}

function total({ passed, failed, notRun, leftOut }: Omit<AreaResult, 'area' | 'failures'>): number {
  return passed + failed + notRun + leftOut
}

function areaCell(area: AreaResult | undefined): string {
  if (area === undefined) return '-'
  const failed = area.failed === 0 ? '' : `, ${area.failed} failed`
  return `${area.passed}/${total(area)}${failed}`
}

function show(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return typeof value === 'number' ? value.toLocaleString('en') : value
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '      ')
}

import { join } from 'node:path'
import type { Metrics } from '@groundwork/trace'
import picocolors from 'picocolors'
import type { RunResult } from '../run.ts'
import { shownPath } from './places.ts'

const tone = { pass: picocolors.green, fail: picocolors.red, invalid: picocolors.yellow }

/** What a run showed, for people: verdict, why, the figures that matter, where the rest lies. */
export function summaryLines(result: RunResult): string[] {
  const { plan, verdict, reasons, metrics, analysis, folder } = result
  const passed = analysis.checks.filter((check) => check.verdict === 'pass').length
  const lines = [
    `${tone[verdict](picocolors.bold(verdict.toUpperCase()))}  ${plan.scenario}, seed ${plan.seed}: ${passed} of ${analysis.checks.length} checks pass`,
    ...reasons.map((reason) => `  - ${reason}`),
  ]
  const { finalityP50Ms, networkBoundP50Ms, finalityGapMs, recoveryFirstFinalityMs } = metrics
  if (finalityP50Ms !== null) {
    const bound = networkBoundP50Ms === null ? '' : `, the network allows ${ms(networkBoundP50Ms)}`
    lines.push(`  finality       p50 ${ms(finalityP50Ms)}${bound}`)
  }
  if (finalityGapMs !== null) lines.push(`  longest gap    ${ms(finalityGapMs)} without finality`)
  if (recoveryFirstFinalityMs !== null)
    lines.push(`  recovery       first finality ${ms(recoveryFirstFinalityMs)} after the heal`)
  const { transactionsSubmitted: sent, transactionsFinalized: final } = metrics
  if (metrics.nodes.length > 0)
    lines.push(`  height         ${metrics.heightMax}, ${final} of ${sent} transfers final`)
  lines.push(...physicalLines(metrics))
  if (metrics.rssMaxMiB !== null)
    lines.push(`  memory         at most ${Math.round(metrics.rssMaxMiB)} MiB resident per validator`)
  lines.push(`  report         ${join(shownPath(folder), 'report.html')}`)
  return lines
}

function physicalLines({ physical }: Metrics): string[] {
  if (physical === undefined) return []
  const { height, growth, orphanRate, reorgDepthMax, regions, roles, simulated } = physical
  const share = (value: number | null): string => (value === null ? '–' : `${Math.round(100 * value)} %`)
  const [largest] = regions
  const space =
    largest === undefined ? '' : `; most space: ${largest.region} ${share(largest.shareMilli / 1000)}`
  const cpu = roles.flatMap(({ role, processes, cpuShare }) =>
    cpuShare === null ? [] : [`${processes} ${role}s ${cpuShare.toFixed(2)}`],
  )
  return [
    `  physical       height ${height}, a block in ${share(growth)} of slots, ${share(orphanRate)} orphaned, deepest reorg ${reorgDepthMax}`,
    `  space          modelled: a plot of k=16 is recomputed in less than a slot; CPU replaces disk at this size${space}`,
    ...(simulated.length === 0 ? [] : [`  simulated      ${simulated.join('; ')}`]),
    ...(cpu.length === 0 ? [] : [`  cores          ${cpu.join(', ')}`]),
  ]
}

function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`
}

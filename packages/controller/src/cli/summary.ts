import { join } from 'node:path'
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
  lines.push(`  height         ${metrics.heightMax}, ${final} of ${sent} transfers final`)
  if (metrics.rssMaxMiB !== null)
    lines.push(`  memory         at most ${Math.round(metrics.rssMaxMiB)} MiB resident per validator`)
  lines.push(`  report         ${join(shownPath(folder), 'report.html')}`)
  return lines
}

function ms(value: number): string {
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`
}

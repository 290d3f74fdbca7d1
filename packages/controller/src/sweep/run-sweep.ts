import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerName, Plan, Scenario } from '@groundwork/scenario'
import { ledgerOf } from '@groundwork/scenario'
import type { CheckResult } from '@groundwork/trace'
import { recordedChainFile } from '../recorded-chain.ts'
import { renderSweep, type SweepReport } from '../report/sweep-report.ts'
import type { RunResult } from '../run.ts'
import { openRunFolder, type RunFolder } from '../run-folder.ts'
import { type SweepRun, type SweepSummary, summarizeSweep } from './summarize.ts'

export interface SweepRequest {
  readonly scenario: Scenario
  /** Every run, in order; all of them were planned before the first began. */
  readonly plans: readonly Plan[]
  readonly runtime: string
  readonly seed: number
  readonly folder: RunFolder
  /** Event logs of runs that passed are kept too. */
  readonly keep: boolean
  readonly signal: AbortSignal
  run(plan: Plan, base: string): Promise<RunResult>
}

/** Runs all points one after the other and leaves `sweep.json` and a report with the curves in the folder. */
export async function runSweep(request: SweepRequest): Promise<SweepSummary> {
  const { plans, folder, scenario, runtime, seed, signal, keep } = request
  const runs: SweepRun[] = []
  for (const plan of plans) {
    if (signal.aborted || plan.point === undefined) break
    const ledger: LedgerName = ledgerOf(plan)
    const base = folder.file('points', `${plan.point.label.replaceAll(/[^\w.-]+/g, '-')}-${ledger}`)
    const result = await request.run(plan, base)
    const { verdict, reasons, metrics, analysis } = result
    const unsafe = isUnsafe(analysis.checks)
    runs.push({ point: plan.point, ledger, seed: plan.seed, verdict, unsafe, reasons, metrics })
    if (verdict === 'pass' && !keep) dropLogs(result.folder)
    writeSweep(folder, { scenario, runtime, seed, summary: summarizeSweep(runs) })
  }
  const summary = summarizeSweep(runs)
  writeSweep(folder, { scenario, runtime, seed, summary })
  return signal.aborted
    ? { ...summary, verdict: 'invalid', reasons: ['interrupted', ...summary.reasons] }
    : summary
}

export function writeSweep(folder: RunFolder, sweep: SweepReport): void {
  const { scenario, runtime, seed, summary } = sweep
  folder.writeJson('sweep.json', { version: 1, scenario: scenario.name, runtime, seed, ...summary })
  folder.writeText('report.html', renderSweep(sweep))
}

/** A failed safety check: no other seed makes up for it. */
export function isUnsafe(checks: readonly CheckResult[]): boolean {
  return checks.some(({ verdict, concerns }) => verdict === 'fail' && concerns === 'safety')
}

/** Of a hundred runs the event logs are most of the bytes; the plan makes those of the simulator again. */
function dropLogs(path: string): void {
  for (const name of ['events.jsonl', 'controller.jsonl', 'nodes', recordedChainFile])
    rmSync(openRunFolder(path).file(name), { recursive: true, force: true })
}

/** Where a sweep leaves what it found. */
export const sweepReport = (folder: RunFolder): string => join(folder.path, 'report.html')

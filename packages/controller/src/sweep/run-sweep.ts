import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LedgerName, Plan, Scenario } from '@groundwork/scenario'
import { ledgerOf } from '@groundwork/scenario'
import { recordedChainFile } from '../recorded-chain.ts'
import { renderSweep } from '../report/sweep-report.ts'
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
    const unsafe = analysis.checks.some((check) => check.verdict === 'fail' && check.concerns === 'safety')
    runs.push({ point: plan.point, ledger, seed: plan.seed, verdict, unsafe, reasons, metrics })
    if (verdict === 'pass' && !keep) dropLogs(result.folder)
    write(summarizeSweep(runs))
  }
  const summary = summarizeSweep(runs)
  write(summary)
  return signal.aborted
    ? { ...summary, verdict: 'invalid', reasons: ['interrupted', ...summary.reasons] }
    : summary

  function write(summary: SweepSummary): void {
    folder.writeJson('sweep.json', { version: 1, scenario: scenario.name, runtime, seed, ...summary })
    folder.writeText('report.html', renderSweep({ scenario, runtime, seed, summary }))
  }
}

/** Of a hundred runs the event logs are most of the bytes; the plan makes those of the simulator again. */
function dropLogs(path: string): void {
  for (const name of ['events.jsonl', 'controller.jsonl', 'nodes', recordedChainFile])
    rmSync(openRunFolder(path).file(name), { recursive: true, force: true })
}

/** Where a sweep leaves what it found. */
export const sweepReport = (folder: RunFolder): string => join(folder.path, 'report.html')

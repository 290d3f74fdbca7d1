import { existsSync, readFileSync } from 'node:fs'
import { referenceSignatures, standInSignatures } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import {
  type Analysis,
  analyze,
  judge,
  type Metrics,
  mergeTraces,
  metricsCsv,
  parseTrace,
  type TraceProblem,
  type TraceRecord,
  type Verdict,
} from '@groundwork/trace'
import { emulatorStats } from './emulator.ts'
import { nodeEventLogs } from './node-files.ts'
import { renderReport } from './report/index.ts'
import type { RunFacts } from './run.ts'
import type { RunFolder } from './run-folder.ts'

export interface Conclusion {
  readonly verdict: Verdict
  readonly reasons: readonly string[]
  readonly metrics: Metrics
  readonly analysis: Analysis
}

const linesPerPiece = 1000

/**
 * Merges the event logs if that was not done, judges the run and writes `events.jsonl`, `metrics.json`, `metrics.csv`,
 * `verdict.json` and `report.html`. What the harness did wrong makes the run invalid, but never excuses a fork.
 */
export function conclude(folder: RunFolder, plan: Plan, facts: RunFacts): Conclusion {
  const { records, problems } = readEvents(folder, plan)
  const verify = (
    records.some((record) => 'signatures' in record && record.signatures === 'stand-in')
      ? standInSignatures
      : referenceSignatures
  ).verify
  const { cores } = facts.machine
  const own = facts.runtime === 'simulated' ? {} : { machine: { cores } }
  const emulator = emulatorStats(facts.measures)
  const analysis = analyze(plan, records, { verify, problems, emulator, ...own })
  const findings = facts.problems.map((detail) => ({ grade: 'bad' as const, detail }))
  const { verdict, reasons } = judge(analysis.checks, {
    findings: [...findings, ...analysis.fidelity.findings],
  })
  const { metrics, checks, recovery, fidelity } = analysis
  folder.writeJson('metrics.json', { version: 1, ...metrics })
  folder.writeText('metrics.csv', versionedCsv(metrics))
  folder.writeJson('verdict.json', {
    version: 1,
    scenario: plan.scenario,
    runtime: plan.runtime,
    seed: plan.seed,
    verdict,
    reasons,
    checks,
    recovery,
    fidelity,
  })
  const judged = { ...analysis, verdict, reasons }
  const shown = { ...facts, machine: { ...facts.machine } }
  folder.writeText('report.html', renderReport({ plan, analysis: judged, facts: shown }))
  return { verdict, reasons, metrics, analysis: judged }
}

/** The version is the first row, a metric like the others, so that every reader of tables can read it. */
function versionedCsv(metrics: Metrics): string {
  const [header, ...rows] = metricsCsv(metrics).split('\r\n')
  return [header, 'version,,1', ...rows].join('\r\n')
}

function readEvents(folder: RunFolder, plan: Plan): { records: TraceRecord[]; problems: TraceProblem[] } {
  const merged = folder.file('events.jsonl')
  if (existsSync(merged)) return parseTrace(lines(merged))
  const logs = [folder.file('controller.jsonl'), ...nodeEventLogs(folder, plan)].filter((path) =>
    existsSync(path),
  )
  const traces = logs.map((path) => parseTrace(lines(path)))
  const records = mergeTraces(traces.map((trace) => trace.records))
  folder.writeText('events.jsonl', pieces(records))
  return { records, problems: traces.flatMap((trace) => trace.problems) }
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n')
}

function* pieces(records: readonly TraceRecord[]): Generator<string> {
  for (let i = 0; i < records.length; i += linesPerPiece) {
    const piece = records.slice(i, i + linesPerPiece)
    yield piece.map((record) => `${JSON.stringify(record)}\n`).join('')
  }
}

import type { Plan } from '@groundwork/scenario'
import type { Verify } from '@groundwork/stake-core'
import { planBounds } from './bound.ts'
import { findBlame } from './checks/accountability.ts'
import { findConflicts } from './checks/agreement.ts'
import type { CheckResult, Verdict } from './checks/check.ts'
import { runChecks } from './checks/index.ts'
import { mixedViews, skippedViews } from './checks/invariants.ts'
import { type EmulatorStats, type Fidelity, judgeFidelity, type Machine } from './fidelity.ts'
import { finalityPairs, undisturbed } from './finality.ts'
import { hybridRun } from './hybrid-run.ts'
import { type HybridSummary, summarizeHybrid } from './hybrid-summary.ts'
import { type Metrics, measure } from './metrics.ts'
import type { TraceProblem } from './parse.ts'
import { type DistributionStep, distribution } from './quantile.ts'
import type { TraceRecord } from './record.ts'
import { disturbances, type Recovery, recoveries, withLatencyNormal } from './recovery.ts'
import { indexRun, weightOf } from './run.ts'
import { buildSeries, originOf, type Series } from './series.ts'
import { summarizeTransactions, traceTransactions } from './transactions.ts'

/** What a run showed. Plain JSON. */
export interface Analysis {
  readonly verdict: Verdict
  /** Plain sentences: why the verdict is not `pass`; empty if it is. */
  readonly reasons: readonly string[]
  readonly checks: readonly CheckResult[]
  readonly metrics: Metrics
  /** One for every heal, in order; `healedMs` and `untilMs` on the run's timeline. */
  readonly recovery: readonly Recovery[]
  readonly fidelity: Fidelity
  /** Absent for the stake chain alone. */
  readonly hybrid?: HybridSummary
  readonly series: Series
  readonly distributions: Distributions
  readonly signatures: 'ed25519' | 'stand-in' | null
}

export interface Distributions {
  /** Finality latency over pairs that met no fault, their network bound, and over all pairs. */
  readonly finality: readonly DistributionStep[]
  readonly bound: readonly DistributionStep[]
  readonly finalityAll: readonly DistributionStep[]
  /** Pending transactions are right-censored: it may end below 1. */
  readonly transactions: readonly DistributionStep[]
}

export interface AnalyzeOptions {
  /** Checks the signatures in evidence; without it a run with a fork cannot be judged. */
  readonly verify?: Verify
  /** The machine that ran all nodes; without it saturation is not judged. */
  readonly machine?: Machine
  /** Of an emulator that counts; without it only round trips and proposals show what it did. */
  readonly emulator?: EmulatorStats | null
  /** From reading the event logs. */
  readonly problems?: readonly TraceProblem[]
}

/** `records`: the merged logs of the controller and all nodes (`mergeTraces`). */
export function analyze(plan: Plan, records: readonly TraceRecord[], options: AnalyzeOptions = {}): Analysis {
  const run = indexRun(plan, records)
  const conflicts = findConflicts(run)
  const blame = findBlame(run, conflicts, options.verify ?? null)
  const all = finalityPairs(run, planBounds(plan, run.stake.weights, run.stake.quorum))
  const traced = traceTransactions(run)
  const recovery = withLatencyNormal(run, recoveries(run, traced), all)
  const calm = undisturbed(run, all, disturbances(run, recovery))
  const transactions = summarizeTransactions(run, traced)
  const fidelity = judgeFidelity(run, options.machine ?? null, options.problems ?? [], options.emulator)
  const hybrid = hybridRun(run)
  const metrics = measure({
    run,
    hybrid,
    calm,
    all,
    recoveries: recovery,
    transactions,
    roundTrips: fidelity.roundTrips,
    skipped: skippedViews(run).length,
    mixed: mixedViews(run).length,
    accusedWeight: weightOf(run.stake.weights, blame.accused),
    conflicts,
  })
  const checks = runChecks({ run, hybrid, metrics, conflicts, blame, recoveries: recovery })
  const { verdict, reasons } = judge(checks, fidelity)
  const originMs = originOf(run)
  return {
    verdict,
    reasons,
    checks,
    metrics,
    recovery: recovery.map((one) => ({
      ...one,
      healedMs: one.healedMs - originMs,
      untilMs: one.untilMs - originMs,
    })),
    fidelity,
    ...(hybrid === null ? {} : { hybrid: summarizeHybrid(run, hybrid) }),
    series: buildSeries(run, all, calm, traced, conflicts),
    distributions: {
      finality: steps(calm.map(({ latencyMs }) => latencyMs)),
      bound: steps(calm.flatMap(({ boundMs }) => boundMs ?? [])),
      finalityAll: steps(all.map(({ latencyMs }) => latencyMs)),
      transactions: transactions.latency,
    },
    signatures: run.signatures,
  }
}

function steps(values: readonly number[]): DistributionStep[] {
  return distribution(values.map((ms) => ({ ms, censored: false })))
}

/**
 * Worst wins, in this order: a failed safety check, since nothing that a machine does excuses a fork; then invalid,
 * from a check or from fidelity, since a slow machine fails every bound in time; then a failed liveness check; then pass.
 */
export function judge(
  checks: readonly CheckResult[],
  fidelity: Pick<Fidelity, 'findings'>,
): Pick<Analysis, 'verdict' | 'reasons'> {
  const failed = checks.filter((check) => check.verdict === 'fail')
  const unsafe = failed.filter((check) => check.concerns === 'safety')
  const invalid = [
    ...fidelity.findings.filter(({ grade }) => grade === 'bad').map(({ detail }) => detail),
    ...checks.filter((check) => check.verdict === 'invalid').map(({ detail }) => detail),
  ]
  const details = (list: readonly CheckResult[]) => list.map(({ detail }) => detail)
  const reasons = (first: readonly string[]) => [...new Set([...first, ...details(failed), ...invalid])]
  if (unsafe.length > 0) return { verdict: 'fail', reasons: reasons(details(unsafe)) }
  if (invalid.length > 0) return { verdict: 'invalid', reasons: reasons(invalid) }
  if (failed.length > 0) return { verdict: 'fail', reasons: reasons([]) }
  return { verdict: 'pass', reasons: [] }
}

/** What a program exits with. Usage errors are 64. */
export const exitCodes: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, invalid: 2 }

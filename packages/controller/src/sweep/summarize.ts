import type { LedgerName, PlannedPoint } from '@groundwork/scenario'
import type { Metrics, Verdict } from '@groundwork/trace'
import { median } from '../median.ts'
import { compareLedgers, type LedgerContrast } from './compare-ledgers.ts'

/** One run of a sweep, reduced to what the curve needs. */
export interface SweepRun {
  readonly point: PlannedPoint
  readonly ledger: LedgerName
  readonly seed: number
  readonly verdict: Verdict
  /** A failed safety check: no other seed makes up for it. */
  readonly unsafe: boolean
  readonly reasons: readonly string[]
  readonly metrics: Metrics
}

/** What is drawn against the variable. */
export const sweptMetrics = [
  'forcedInclusionMaxBlocks',
  'forcedInclusionBoundBlocks',
  'targetStakeIncludedShare',
  'targetForcedIncludedShare',
  'finalityGapMs',
  'recoveryMs',
  'recoveryPredictedMs',
  'revertedFastBlocks',
  'slashedStake',
  'leakedStake',
  'fastShare',
  'recordedEntries',
  'recordedExits',
  'hazards',
  'forkedBlocks',
  'accusedWeight',
  'rewrittenNodes',
  'heightMax',
  'valueAtLossForked',
  'slashedOverValueAtLoss',
  'accusedOverValueAtLoss',
  'evidenceDelayBlocks',
  'slashedShare',
  'withdrawnStake',
  'attackProfit',
  'spaceTimeCost',
] as const
export type SweptMetric = (typeof sweptMetrics)[number]

/** `supported`: the expectation held in nine of ten seeds; `refuted`: in one of ten at most. */
export type Claim = 'supported' | 'refuted' | 'inconclusive'

export interface LedgerPoint {
  readonly seeds: number
  readonly held: number
  readonly claim: Claim
  readonly verdict: Verdict
  readonly reasons: readonly string[]
  /** Over the seeds that have it. */
  readonly metrics: Readonly<
    Partial<Record<SweptMetric, { readonly least: number; readonly median: number; readonly most: number }>>
  >
}

/** One point with what both ledgers made of it. */
export interface SweptPoint {
  readonly value: number
  readonly label: string
  readonly stake?: LedgerPoint
  readonly hybrid?: LedgerPoint
  /** Where both ran. */
  readonly contrast?: LedgerContrast
}

export interface SweepSummary {
  readonly variable: string
  readonly verdict: Verdict
  readonly reasons: readonly string[]
  readonly points: readonly SweptPoint[]
  /** The worst over all runs of the hybrid, or of whatever ledger there is: what one run says in one number. */
  readonly metrics: Readonly<Partial<Record<SweptMetric, number>>>
}

export function summarizeSweep(runs: readonly SweepRun[]): SweepSummary {
  const byPoint = [...Map.groupBy(runs, ({ point }) => point.label).values()]
  const points = byPoint.map((some): SweptPoint => {
    const [first] = some as [SweepRun, ...SweepRun[]]
    const { value, label } = first.point
    const on = (ledger: LedgerName): LedgerPoint | undefined => {
      const own = some.filter((run) => run.ledger === ledger)
      return own.length === 0 ? undefined : ledgerPoint(own)
    }
    const [stake, hybrid] = [on('stake'), on('hybrid')]
    return {
      value,
      label,
      ...(stake === undefined ? {} : { stake }),
      ...(hybrid === undefined ? {} : { hybrid }),
      ...(stake === undefined || hybrid === undefined ? {} : { contrast: compareLedgers(stake, hybrid) }),
    }
  })
  const parts = points.flatMap((point) =>
    (['stake', 'hybrid'] as const).flatMap((ledger) => {
      const part = point[ledger]
      return part === undefined ? [] : [{ ...part, name: `${point.label} on ${ledger}` }]
    }),
  )
  const verdicts = parts.map(({ verdict }) => verdict)
  return {
    variable: runs[0]?.point.variable ?? '',
    verdict: verdicts.includes('fail')
      ? 'fail'
      : verdicts.includes('invalid') || runs.length === 0
        ? 'invalid'
        : 'pass',
    reasons: parts.flatMap(({ name, verdict, reasons }) =>
      verdict === 'pass' ? [] : reasons.map((reason) => `${name}, ${reason}`),
    ),
    points,
    metrics: worst(runs),
  }
}

function ledgerPoint(runs: readonly SweepRun[]): LedgerPoint {
  const held = runs.filter(({ verdict }) => verdict === 'pass').length
  const share = held / runs.length
  const claim = share >= 0.9 ? 'supported' : share <= 0.1 ? 'refuted' : 'inconclusive'
  const unsafe = runs.some((run) => run.unsafe)
  const isInvalid = runs.some(({ verdict }) => verdict === 'invalid')
  return {
    seeds: runs.length,
    held,
    claim,
    verdict: claim === 'supported' && !unsafe ? 'pass' : !unsafe && isInvalid ? 'invalid' : 'fail',
    reasons: runs.flatMap(({ seed, reasons }) => reasons.map((reason) => `seed ${seed}: ${reason}`)),
    metrics: Object.fromEntries(
      sweptMetrics.flatMap((name) => {
        const values = valuesOf(runs, name)
        const middle = median(values)
        if (middle === null) return []
        return [[name, { least: Math.min(...values), median: middle, most: Math.max(...values) }]]
      }),
    ),
  }
}

function valuesOf(runs: readonly SweepRun[], name: SweptMetric): number[] {
  return runs.flatMap(({ metrics }) => metrics[name] ?? [])
}

const smallerIsWorse: ReadonlySet<string> = new Set([
  'targetStakeIncludedShare',
  'targetForcedIncludedShare',
  'fastShare',
  'heightMax',
  'valueAtLossForked',
  'slashedOverValueAtLoss',
  'accusedOverValueAtLoss',
  'slashedShare',
])

function worst(runs: readonly SweepRun[]): SweepSummary['metrics'] {
  const hybrid = runs.filter(({ ledger }) => ledger === 'hybrid')
  const looked = hybrid.length === 0 ? runs : hybrid
  return Object.fromEntries(
    sweptMetrics.flatMap((name) => {
      const values = valuesOf(looked, name)
      if (values.length === 0) return []
      return [[name, smallerIsWorse.has(name) ? Math.min(...values) : Math.max(...values)]]
    }),
  )
}

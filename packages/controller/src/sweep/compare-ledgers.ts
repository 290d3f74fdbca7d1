import type { LedgerPoint, SweptMetric } from './summarize.ts'

export type ContrastedMetric = Extract<
  SweptMetric,
  | 'finalityGapMs'
  | 'targetForcedIncludedShare'
  | 'targetStakeIncludedShare'
  | 'forkedBlocks'
  | 'revertedFastBlocks'
  | 'leakedStake'
>

/** A figure in which one ledger came out worse than the other in every seed, with both medians. */
export interface Contrast {
  readonly metric: ContrastedMetric
  readonly hybrid: number
  readonly stake: number
}

export interface LedgerContrast {
  readonly worse: readonly Contrast[]
  readonly better: readonly Contrast[]
}

/** What both ledgers have; `stake`: what answers the same question there. What is slashed is no harm: it is the guilty's. */
const compared: readonly {
  readonly metric: ContrastedMetric
  readonly moreIs: 'worse' | 'better'
  readonly stake?: SweptMetric
}[] = [
  { metric: 'finalityGapMs', moreIs: 'worse' },
  // With the physical chain off its transactions go to mempools.
  { metric: 'targetForcedIncludedShare', moreIs: 'better', stake: 'targetStakeIncludedShare' },
  { metric: 'targetStakeIncludedShare', moreIs: 'better' },
  { metric: 'forkedBlocks', moreIs: 'worse' },
  { metric: 'revertedFastBlocks', moreIs: 'worse' },
  { metric: 'leakedStake', moreIs: 'worse' },
]

/** Closer to each other than this says nothing. */
const clearlyBeyond = 1.1

/** In what the hybrid came out worse, or better, than the stake chain alone: where the seeds of both do not overlap. */
export function compareLedgers(stake: LedgerPoint, hybrid: LedgerPoint): LedgerContrast {
  const found: Record<'worse' | 'better', Contrast[]> = { worse: [], better: [] }
  for (const { metric, moreIs, stake: other = metric } of compared) {
    const [own, theirs] = [hybrid.metrics[metric], stake.metrics[other]]
    if (own === undefined || theirs === undefined) continue
    const isMore = own.least > theirs.most * clearlyBeyond
    const isLess = own.most * clearlyBeyond < theirs.least
    if (!isMore && !isLess) continue
    const side = isMore === (moreIs === 'worse') ? 'worse' : 'better'
    found[side].push({ metric, hybrid: own.median, stake: theirs.median })
  }
  return found
}

import type { Metrics } from '@groundwork/trace'
import { duration, number, percent, times } from './format.ts'

type Name = Exclude<keyof Metrics, 'nodes' | 'physical'>
type Show = (value: number | null) => string

export interface MetricGroup {
  readonly title: string
  readonly metrics: readonly (readonly [name: Name, label: string, show: Show])[]
}

const mebibytes: Show = (value) => (value === null ? '–' : `${number(value)} MiB`)
const count: Show = (value) => number(value)
const rate: Show = (value) => (value === null ? '–' : `${number(value, 1)} per second`)

/** Every metric of a run, with what a reader calls it. */
export const metricGroups: readonly MetricGroup[] = [
  {
    title: 'Finality, away from faults',
    metrics: [
      ['finalityP50Ms', 'median', duration],
      ['finalityP90Ms', '90th percentile', duration],
      ['finalityP99Ms', '99th percentile', duration],
      ['finalityMaxMs', 'longest', duration],
      ['networkBoundP50Ms', 'network bound, median', duration],
      ['finalityOverBound', 'median over bound', times],
      ['finalityPairs', 'pairs of block and node', count],
    ],
  },
  {
    title: 'Finality, faults included',
    metrics: [
      ['finalityAllP50Ms', 'median', duration],
      ['finalityAllP90Ms', '90th percentile', duration],
      ['finalityAllP99Ms', '99th percentile', duration],
      ['finalityAllMaxMs', 'longest', duration],
      ['networkBoundAllP50Ms', 'network bound, median', duration],
      ['finalityAllPairs', 'pairs of block and node', count],
    ],
  },
  {
    title: 'Stops and recovery',
    metrics: [
      ['finalityGapMs', 'longest time without a new final block', duration],
      ['recoveryPeersRestoredMs', 'heal to all peers restored', duration],
      ['recoveryFirstFinalityMs', 'heal to first finality', duration],
      ['recoveryAllFinalizingMs', 'heal to all nodes finalizing', duration],
      ['recoveryBacklogDrainedMs', 'heal to waiting transfers final', duration],
      ['recoveryLatencyNormalMs', 'heal to normal latency', duration],
      ['startupToFirstFinalityMs', 'start to first final block', duration],
      ['startupToReadyMs', 'start to network ready', duration],
    ],
  },
  {
    title: 'Transfers',
    metrics: [
      ['transactionsSubmitted', 'submitted', count],
      ['transactionsFinalized', 'final', count],
      ['transactionsRejected', 'rejected', count],
      ['transactionsPending', 'still waiting at the end', count],
      ['transactionsPerSecond', 'final, on average', rate],
      ['transactionP50Ms', 'latency, median', duration],
      ['transactionP90Ms', 'latency, 90th percentile', duration],
      ['transactionP99Ms', 'latency, 99th percentile', duration],
      ['transactionMaxMs', 'latency, longest', duration],
      ['transactionPendingMaxMs', 'longest still waiting', duration],
    ],
  },
  {
    title: 'Chain',
    metrics: [
      ['blocksFinalized', 'blocks finalized', count],
      ['heightMax', 'highest node', count],
      ['heightMin', 'lowest node', count],
      ['viewsSkipped', 'views skipped', count],
      ['mixedViews', 'views notarized for some, skipped for others', count],
      ['forkedBlocks', 'conflicting final blocks', count],
      ['accusedWeight', 'stake named by evidence', count],
      ['rewrittenNodes', 'nodes that took another history for the true one', count],
    ],
  },
  {
    title: 'Both chains together',
    metrics: [
      [
        'forcedInclusionMaxBlocks',
        'physical blocks to the execution of a forced transaction, at most',
        count,
      ],
      ['forcedInclusionBoundBlocks', 'the bound D', count],
      ['forcedPosted', 'forced transactions posted', count],
      ['forcedExecuted', 'of these executed', count],
      [
        'targetStakeIncludedShare',
        "executed of the target's transfers to mempools",
        (value) => percent(value),
      ],
      ['targetForcedIncludedShare', "executed of the target's forced transfers", (value) => percent(value)],
      ['recordedEntries', 'RECORDED began', count],
      ['recordedExits', 'RECORDED ended', count],
      ['fastShare', 'physical blocks in FAST', (value) => percent(value)],
      ['recoveryMs', 'from the loss of stake to finality', duration],
      ['recoveryPredictedMs', 'T_rec of the parameters', duration],
      ['revertedFastBlocks', 'fast blocks reverted', count],
      ['slashedStake', 'stake slashed', count],
      ['leakedStake', 'stake leaked', count],
      ['hazards', 'finality hazards recorded', count],
    ],
  },
  {
    title: 'What an attack costs',
    metrics: [
      ['valueAtLossMin', 'value at loss of a final block, at least', count],
      ['valueAtLossMedian', 'median', count],
      ['valueAtLossForked', 'of conflicting final blocks, at most', count],
      ['slashedOverValueAtLoss', 'slashed over value at loss', times],
      ['accusedOverValueAtLoss', 'stake named by evidence over value at loss', times],
      ['evidenceDelayBlocks', 'physical blocks while seized keys signed twice', count],
      ['slashedShare', 'slashed, of the stake named by evidence', (value) => percent(value)],
      ['withdrawnStake', 'stake paid out', count],
      ['revertedCoins', 'coins moved by reverted fast blocks', count],
      ['attackProfit', 'these less what was slashed', count],
      ['flashWeight', 'weight of bonded stake before the second epoch after it', count],
      ['bondActivationEpochs', 'epochs until bonded stake counts, at least', count],
      ['spaceTimeCost', 'to reorganise kappa physical blocks, byte ms (no stake)', count],
    ],
  },
  {
    title: 'Round trips against the request',
    metrics: [
      ['rttErrorMedianMs', 'median deviation of a pair', duration],
      ['rttErrorMaxMs', 'largest deviation of a pair', duration],
    ],
  },
  {
    title: 'Of one process, at most',
    metrics: [
      ['rssMaxMiB', 'resident memory', mebibytes],
      ['pssMaxMiB', 'proportional memory', mebibytes],
      ['cpuShareMean', 'share of a core, mean', (value) => percent(value)],
      ['cpuShareMax', 'share of a core', (value) => percent(value)],
      ['loopLagMsMax', 'lateness of its event loop', duration],
    ],
  },
]

import { validatorsOf } from '@groundwork/scenario'
import type { Analysis, Recovery } from '@groundwork/trace'
import { duration, listed, number, plural, times } from './format.ts'
import type { ReportInput } from './input.ts'

/** What the run showed, in plain sentences. */
export function summary({ plan, analysis }: ReportInput): string[] {
  const { metrics, series } = analysis
  const physical = farming(analysis)
  const processes = validatorsOf(plan.nodes)
  const validators = new Set(processes.map(({ validator }) => validator)).size
  const twins = processes.filter(({ twinOf }) => twinOf !== null).length
  const regions = [...new Set(plan.nodes.map(({ labels }) => labels.region))].map((region) =>
    region.replaceAll('_', ' '),
  )
  if (validators === 0) return physical
  const network = `${plural(validators, 'validator')}${twins > 0 ? ` (${twins} of them with a twin)` : ''} in ${listed(regions)}`
  const transfers =
    metrics.transactionsSubmitted > 0
      ? `; ${number(metrics.transactionsFinalized)} of ${plural(metrics.transactionsSubmitted, 'transfer')} became final`
      : ''
  return [
    `${network} finalized ${plural(metrics.blocksFinalized, 'block')} in ${duration(series.toMs)}${transfers}.`,
    ...stillness(analysis),
    forks(analysis),
    ...rewritten(analysis),
    ...recoverySentence(analysis.recovery),
    ...latency(analysis),
    ...physical,
  ]
}

function farming({ metrics: { physical }, series }: Analysis): string[] {
  if (physical === undefined) return []
  const { farmers, height, reorgDepthMax } = physical
  return [
    `${plural(farmers.length, 'farmer')} grew the physical chain to height ${number(height)} in ${duration(series.toMs)}; the deepest reorg took back ${plural(reorgDepthMax, 'block')}.`,
  ]
}

function stillness({ metrics, series }: Analysis): string[] {
  if (metrics.finalityGapMs === null || series.faults.length === 0) return []
  const gap = duration(metrics.finalityGapMs)
  const stopping = series.faults.filter(({ stopsFinality }) => stopsFinality)
  if (stopping.length === 0) {
    return [
      `The faults left a quorum connected: the network never went longer than ${gap} without a new block.`,
    ]
  }
  const names = stopping.length > 2 ? plural(stopping.length, 'fault') : listed(stopping.map(({ id }) => id))
  return [`No quorum was left during ${names}: the longest time without a new final block was ${gap}.`]
}

function forks({ metrics }: Analysis): string {
  if (metrics.forkedBlocks === 0) return 'No two honest nodes finalized conflicting blocks.'
  return `Honest nodes finalized conflicting blocks (${plural(metrics.forkedBlocks, 'block')} beyond one at a height); the evidence names validators with a stake of ${number(metrics.accusedWeight)}.`
}

function rewritten({ metrics }: Analysis): string[] {
  const { rewrittenNodes: nodes } = metrics
  if (nodes === 0) return []
  return [`${plural(nodes, 'node')} that came back took another history than the one that had been final.`]
}

function recoverySentence(recovery: readonly Recovery[]): string[] {
  const after = recovery.filter(({ hindered, phases }) => !hindered && phases.firstFinalityMs !== null)
  if (after.length === 0) return []
  const slowest = after.reduce((a, b) => (b.phases.firstFinalityMs! > a.phases.firstFinalityMs! ? b : a))
  const { firstFinalityMs, allFinalizingMs } = slowest.phases
  const heal = after.length === 1 ? 'the heal' : `the slowest of ${after.length} heals (${slowest.fault})`
  const all =
    allFinalizingMs === null
      ? 'not every node got there'
      : `all nodes were finalizing after ${duration(allFinalizingMs)}`
  return [`After ${heal} the first new block was final in ${duration(firstFinalityMs)}; ${all}.`]
}

function latency({ metrics }: Analysis): string[] {
  const { finalityP50Ms, finalityOverBound } = metrics
  if (finalityP50Ms === null) return []
  const over =
    finalityOverBound === null
      ? ''
      : `, ${times(finalityOverBound)} the least that the delays of the network allow`
  return [`Away from faults a block was final after ${duration(finalityP50Ms)} (median)${over}.`]
}

import type { Conflict } from './checks/agreement.ts'
import { finalHeight } from './checks/timing.ts'
import { type EconomicMetrics, measureEconomics } from './economics.ts'
import type { FinalityPair } from './finality.ts'
import { type HybridMetrics, measureHybrid } from './hybrid-metrics.ts'
import type { HybridRun } from './hybrid-run.ts'
import { measurePhysical, type PhysicalMetrics, physicalRows } from './physical-metrics.ts'
import { longestGap, networkProgress, nodeProgress } from './progress.ts'
import { censoredQuantile, largest, mean, quantile } from './quantile.ts'
import type { Recovery } from './recovery.ts'
import { rewrittenNodes } from './rewritten.ts'
import type { RoundTripFidelity } from './round-trips.ts'
import { epochOf, type Run, type RunNode } from './run.ts'
import type { TransactionSummary } from './transactions.ts'

type Value = number | null

/** null: not measured, or did not happen. What each means stands in the package's README. */
export interface Metrics extends HybridMetrics, EconomicMetrics {
  readonly finalityP50Ms: Value
  readonly finalityP90Ms: Value
  readonly finalityP99Ms: Value
  readonly finalityMaxMs: Value
  readonly finalityPairs: number
  readonly networkBoundP50Ms: Value
  /** finalityP50Ms / networkBoundP50Ms. */
  readonly finalityOverBound: Value
  readonly finalityAllP50Ms: Value
  readonly finalityAllP90Ms: Value
  readonly finalityAllP99Ms: Value
  readonly finalityAllMaxMs: Value
  readonly finalityAllPairs: number
  readonly networkBoundAllP50Ms: Value
  readonly finalityGapMs: Value
  readonly recoveryFirstFinalityMs: Value
  readonly recoveryPeersRestoredMs: Value
  readonly recoveryAllFinalizingMs: Value
  readonly recoveryBacklogDrainedMs: Value
  readonly recoveryLatencyNormalMs: Value
  readonly startupToFirstFinalityMs: Value
  readonly startupToReadyMs: Value
  readonly rssMaxMiB: Value
  readonly pssMaxMiB: Value
  readonly cpuShareMean: Value
  readonly cpuShareMax: Value
  readonly loopLagMsMax: Value
  readonly rttErrorMedianMs: Value
  readonly rttErrorMaxMs: Value
  readonly transactionsSubmitted: number
  readonly transactionsFinalized: number
  readonly transactionsRejected: number
  readonly transactionsPending: number
  readonly transactionsPerSecond: Value
  readonly transactionP50Ms: Value
  readonly transactionP90Ms: Value
  readonly transactionP99Ms: Value
  readonly transactionMaxMs: Value
  readonly transactionPendingMaxMs: Value
  readonly blocksFinalized: number
  readonly heightMax: number
  readonly heightMin: number
  readonly viewsSkipped: number
  readonly mixedViews: number
  readonly forkedBlocks: number
  readonly accusedWeight: number
  /** Nodes that came (back) during the run and took another history for the true one. */
  readonly rewrittenNodes: number
  readonly nodes: readonly NodeMetrics[]
  /** Absent without farmers. */
  readonly physical?: PhysicalMetrics
}

export interface NodeMetrics {
  readonly node: string
  readonly region: string
  readonly honest: boolean
  readonly height: number
  readonly starts: number
  readonly finalityP50Ms: Value
  readonly finalityGapMs: Value
  readonly rssMaxMiB: Value
  readonly pssMaxMiB: Value
  readonly cpuShareMean: Value
  readonly cpuShareMax: Value
  readonly loopLagMsMax: Value
  readonly messagesRejected: number
}

export interface MetricsInput {
  readonly run: Run
  /** null for the stake chain alone. */
  readonly hybrid: HybridRun | null
  /** Pairs that met no fault and no recovery: the headline. */
  readonly calm: readonly FinalityPair[]
  readonly all: readonly FinalityPair[]
  readonly recoveries: readonly Recovery[]
  readonly transactions: TransactionSummary
  readonly roundTrips: RoundTripFidelity
  readonly skipped: number
  readonly mixed: number
  readonly accusedWeight: number
  readonly conflicts: readonly Conflict[]
}

export function measure(input: MetricsInput): Metrics {
  const { run, calm, all, recoveries, transactions } = input
  const nodes = run.nodes.map((node) => measureNode(run, node, calm))
  const resources = run.nodes.flatMap((node) => node.records.of('resources'))
  const progress = networkProgress(run)
  const headline = latencies(calm)
  const whole = latencies(all)
  const since = (from: number | null, to: number | null | undefined) =>
    from === null || to === null || to === undefined ? null : ms(to - from)
  const runSeconds = run.readyMs === null ? 0 : (run.endedMs - run.readyMs) / 1000
  const heights = run.honest.map(finalHeight)
  return {
    finalityP50Ms: headline.p50,
    finalityP90Ms: headline.p90,
    finalityP99Ms: headline.p99,
    finalityMaxMs: headline.max,
    finalityPairs: calm.length,
    networkBoundP50Ms: headline.bound,
    finalityOverBound: headline.p50 === null || !headline.bound ? null : ratio(headline.p50 / headline.bound),
    finalityAllP50Ms: whole.p50,
    finalityAllP90Ms: whole.p90,
    finalityAllP99Ms: whole.p99,
    finalityAllMaxMs: whole.max,
    finalityAllPairs: all.length,
    networkBoundAllP50Ms: whole.bound,
    finalityGapMs: run.nodes.length === 0 ? null : ms(longestGap(run, progress)?.ms ?? null),
    recoveryFirstFinalityMs: slowest(recoveries, 'firstFinalityMs'),
    recoveryPeersRestoredMs: slowest(recoveries, 'peersRestoredMs'),
    recoveryAllFinalizingMs: slowest(recoveries, 'allFinalizingMs'),
    recoveryBacklogDrainedMs: slowest(recoveries, 'backlogDrainedMs'),
    recoveryLatencyNormalMs: slowest(recoveries, 'latencyNormalMs'),
    startupToFirstFinalityMs: since(run.startedMs, progress[0]?.monoMs),
    startupToReadyMs: since(run.startedMs, run.readyMs),
    rssMaxMiB: largest(nodes.flatMap((node) => node.rssMaxMiB ?? [])),
    pssMaxMiB: largest(nodes.flatMap((node) => node.pssMaxMiB ?? [])),
    cpuShareMean: ratio(mean(resources.map(({ cpuShare }) => cpuShare))),
    cpuShareMax: largest(nodes.flatMap((node) => node.cpuShareMax ?? [])),
    loopLagMsMax: largest(nodes.flatMap((node) => node.loopLagMsMax ?? [])),
    rttErrorMedianMs: ms(input.roundTrips.errorMedianMs),
    rttErrorMaxMs: ms(input.roundTrips.errorMaxMs),
    transactionsSubmitted: transactions.submitted,
    transactionsFinalized: transactions.finalized,
    transactionsRejected: transactions.rejected,
    transactionsPending: transactions.pending,
    transactionsPerSecond: runSeconds === 0 ? null : ratio(transactions.finalized / runSeconds),
    transactionP50Ms: ms(censoredQuantile(transactions.latency, 0.5)),
    transactionP90Ms: ms(censoredQuantile(transactions.latency, 0.9)),
    transactionP99Ms: ms(censoredQuantile(transactions.latency, 0.99)),
    transactionMaxMs: ms(transactions.latencyMsMax),
    transactionPendingMaxMs: ms(transactions.pendingMsMax),
    blocksFinalized: run.firstFinal.size,
    heightMax: Math.max(0, ...heights),
    heightMin: heights.length === 0 ? 0 : Math.min(...heights),
    viewsSkipped: input.skipped,
    mixedViews: input.mixed,
    forkedBlocks: forked(run),
    accusedWeight: input.accusedWeight,
    rewrittenNodes: rewrittenNodes(run).length,
    ...measureHybrid(run, input.hybrid, forked(run)),
    ...measureEconomics(input),
    nodes,
    ...(run.farmers.length === 0 ? {} : { physical: measurePhysical(run) }),
  }
}

function measureNode(run: Run, node: RunNode, calm: readonly FinalityPair[]): NodeMetrics {
  const resources = node.records.of('resources')
  const own = calm.filter((pair) => pair.node === node.name)
  return {
    node: node.name,
    region: node.region,
    honest: node.honest,
    height: finalHeight(node),
    starts: node.lives.length,
    finalityP50Ms: latencies(own).p50,
    finalityGapMs: ms(longestGap(run, nodeProgress(node))?.ms ?? null),
    rssMaxMiB: ratio(largest(resources.map(({ rssMiB }) => rssMiB))),
    pssMaxMiB: ratio(largest(resources.flatMap(({ pssMiB }) => pssMiB ?? []))),
    cpuShareMean: ratio(mean(resources.map(({ cpuShare }) => cpuShare))),
    cpuShareMax: ratio(largest(resources.map(({ cpuShare }) => cpuShare))),
    loopLagMsMax: ms(largest(resources.map(({ loopLagMsMax }) => loopLagMsMax))),
    messagesRejected: node.records
      .of('rejected')
      .reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0),
  }
}

function latencies(pairs: readonly FinalityPair[]) {
  const values = pairs.map(({ latencyMs }) => latencyMs)
  return {
    p50: ms(quantile(values, 0.5)),
    p90: ms(quantile(values, 0.9)),
    p99: ms(quantile(values, 0.99)),
    max: ms(largest(values)),
    bound: ms(
      quantile(
        pairs.flatMap(({ boundMs }) => boundMs ?? []),
        0.5,
      ),
    ),
  }
}

/** The worst over all heals that could bring finality back; null also if one of those never got there. */
function slowest(recoveries: readonly Recovery[], phase: keyof Recovery['phases']): Value {
  const free = recoveries.filter(({ hindered }) => !hindered)
  const times = free.map(({ phases }) => phases[phase])
  return times.includes(null) ? null : ms(largest(times as number[]))
}

/** Blocks that honest nodes finalized beyond one at each height. */
function forked(run: Run): number {
  const heights = new Set([...run.firstFinal.values()].map((record) => `${epochOf(record)}/${record.height}`))
  return run.firstFinal.size - heights.size
}

function ms(value: Value): Value {
  return value === null ? null : Math.round(value * 100) / 100
}

function ratio(value: Value): Value {
  return value === null ? null : Math.round(value * 1000) / 1000
}

/** `metric,node,value`: the network's with an empty node, then each node's; of the physical chain also by region and role. RFC 4180; an empty value is unknown. */
export function metricsCsv(metrics: Metrics): string {
  const rows = ['metric,node,value']
  const { nodes, physical, ...network } = metrics
  for (const [name, value] of Object.entries(network)) rows.push(`${name},,${value ?? ''}`)
  for (const { node, ...values } of nodes) {
    for (const [name, value] of Object.entries(values))
      rows.push(`${name},${csvField(node)},${csvField(value)}`)
  }
  for (const [name, key, value] of physical === undefined ? [] : physicalRows(physical))
    rows.push(`${name},${csvField(key)},${csvField(value)}`)
  return `${rows.join('\r\n')}\r\n`
}

function csvField(value: string | number | boolean | null): string {
  const text = value === null ? '' : `${value}`
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

import type { Conflict } from './checks/agreement.ts'
import type { FinalityPair } from './finality.ts'
import { nodeProgress } from './progress.ts'
import { largest, median } from './quantile.ts'
import type { Run, RunFarmer } from './run.ts'
import type { TracedTransaction } from './transactions.ts'

/** What a report draws. All times in ms on the run's timeline: 0 is readiness (or, without it, the first record). */
export interface Series {
  readonly fromMs: number
  readonly toMs: number
  readonly nodes: readonly NodeSeries[]
  readonly faults: readonly FaultSeries[]
  readonly blocks: readonly BlockPoint[]
  /** One bin a second. */
  readonly transactions: readonly TransactionBin[]
  readonly forks: readonly ForkPoint[]
  /** Best chains of the farmers; a reorg may lower a height. Absent without farmers. */
  readonly physical?: readonly NodeSeries[]
}

/** When the second of two honest nodes finalized another block than the first at a height. */
export interface ForkPoint {
  readonly ms: number
  readonly height: number
  readonly nodes: readonly [string, string]
}

export interface NodeSeries {
  readonly node: string
  readonly region: string
  readonly honest: boolean
  /** Every rise of the final height. */
  readonly heights: readonly (readonly [ms: number, height: number])[]
  /** When its process was down or frozen by a fault. */
  readonly down: readonly (readonly [fromMs: number, toMs: number])[]
  readonly skips: readonly number[]
}

export interface FaultSeries {
  readonly id: string
  readonly verb: string
  readonly detail: string
  readonly nodes: readonly string[]
  readonly stopsFinality: boolean
  readonly fromMs: number
  readonly toMs: number
  readonly healed: boolean
}

/** Latencies of one block over the honest nodes, ms. */
export interface BlockPoint {
  readonly ms: number
  readonly height: number
  readonly leader: string
  readonly p50Ms: number
  readonly maxMs: number
  readonly boundP50Ms: number | null
  readonly calm: boolean
}

export interface TransactionBin {
  readonly second: number
  readonly submitted: number
  readonly finalized: number
}

export function buildSeries(
  run: Run,
  pairs: readonly FinalityPair[],
  calm: readonly FinalityPair[],
  transactions: readonly TracedTransaction[],
  conflicts: readonly Conflict[],
): Series {
  const originMs = originOf(run)
  const at = (ms: number) => Math.round((ms - originMs) * 100) / 100
  return {
    fromMs: at(run.startedMs ?? originMs),
    toMs: at(run.endedMs),
    nodes: run.nodes.map((node) => ({
      node: node.name,
      region: node.region,
      honest: node.honest,
      heights: nodeProgress(node)
        .filter(({ monoMs }) => monoMs <= run.endedMs)
        .map((record) => [at(record.monoMs), record.height]),
      down: run.faults
        .filter((fault) => fault.stopsProcess && fault.nodes.includes(node.name))
        .map((fault) => [at(fault.beganMs), at(fault.toMs)]),
      skips: node.records
        .of('view-entered')
        .filter(({ cause }) => cause === 'skip')
        .map(({ monoMs }) => at(monoMs)),
    })),
    faults: run.faults.map((fault) => ({
      id: fault.id,
      verb: fault.verb,
      detail: fault.detail,
      nodes: fault.nodes,
      stopsFinality: fault.stopsFinality,
      fromMs: at(fault.beganMs),
      toMs: at(fault.toMs),
      healed: fault.healedMs !== null,
    })),
    blocks: blockPoints(pairs, new Set(calm), at),
    transactions: transactionBins(run, transactions, originMs),
    forks: conflicts.map(({ height, a, b }) => ({
      ms: at(Math.max(a.monoMs, b.monoMs)),
      height,
      nodes: [a.node, b.node],
    })),
    ...(run.farmers.length === 0
      ? {}
      : { physical: run.farmers.map((farmer) => farmerSeries(run, farmer, at)) }),
  }
}

function farmerSeries(run: Run, farmer: RunFarmer, at: (ms: number) => number): NodeSeries {
  return {
    node: farmer.name,
    region: farmer.region,
    honest: farmer.honest,
    heights: farmer.records
      .of('physical-tip')
      .filter(({ monoMs }) => monoMs <= run.endedMs)
      .map(({ monoMs, height }) => [at(monoMs), height]),
    down: run.faults
      .filter((fault) => fault.stopsProcess && fault.nodes.includes(farmer.name))
      .map((fault) => [at(fault.beganMs), at(fault.toMs)]),
    skips: [],
  }
}

export function originOf(run: Run): number {
  return run.readyMs ?? run.startedMs ?? run.processes[0]?.all[0]?.monoMs ?? 0
}

function blockPoints(
  pairs: readonly FinalityPair[],
  calm: ReadonlySet<FinalityPair>,
  at: (ms: number) => number,
): BlockPoint[] {
  return [...Map.groupBy(pairs, ({ hash }) => hash).values()].map((of) => {
    const latencies = of.map(({ latencyMs }) => latencyMs)
    return {
      ms: at(of[0]!.proposedMs),
      height: of[0]!.height,
      leader: of[0]!.leader,
      p50Ms: median(latencies)!,
      maxMs: largest(latencies)!,
      boundP50Ms: median(of.flatMap(({ boundMs }) => boundMs ?? [])),
      calm: of.every((pair) => calm.has(pair)),
    }
  })
}

function transactionBins(
  run: Run,
  transactions: readonly TracedTransaction[],
  originMs: number,
): TransactionBin[] {
  const bins = new Map<number, { submitted: number; finalized: number }>()
  const count = (ms: number, what: 'submitted' | 'finalized') => {
    const second = Math.floor((ms - originMs) / 1000)
    const bin = bins.get(second) ?? { submitted: 0, finalized: 0 }
    bin[what]++
    bins.set(second, bin)
  }
  for (const { submittedMs, finalizedMs } of transactions) {
    count(submittedMs, 'submitted')
    if (finalizedMs !== null && finalizedMs <= run.endedMs) count(finalizedMs, 'finalized')
  }
  return [...bins].sort(([a], [b]) => a - b).map(([second, bin]) => ({ second, ...bin }))
}

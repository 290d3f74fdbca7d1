import type { FaultWindow } from './faults.ts'
import type { FinalityPair, Interval } from './finality.ts'
import { pairsRestored } from './peers.ts'
import { heightAt, networkProgress, nodeProgress } from './progress.ts'
import { median } from './quantile.ts'
import { aliveAtEnd, type Run } from './run.ts'
import type { TracedTransaction } from './transactions.ts'

/** What followed one heal. Phases in ms after it; null: did not happen (or, where said, does not apply). */
export interface Recovery {
  readonly fault: string
  readonly verb: string
  /** `monoMs`. */
  readonly healedMs: number
  /** Observation ends when the next fault begins that stops finality, or with the run. `monoMs`. */
  readonly untilMs: number
  /** Another fault that stops finality was still in force: this heal could not bring it back. */
  readonly hindered: boolean
  readonly phases: RecoveryPhases
  /** Transactions that waited when the fault was healed, and those of them that never became final. */
  readonly backlog: { readonly waiting: number; readonly lost: number }
}

export interface RecoveryPhases {
  /** The first connection made; null also if none was needed. */
  readonly firstReconnectMs: number | null
  /** Every pair that was connected when the fault began is connected again; null also where connections are not logged. */
  readonly peersRestoredMs: number | null
  /** An honest node entered a view that none had entered. */
  readonly firstViewMs: number | null
  /** An honest node finalized a height that none had. */
  readonly firstFinalityMs: number | null
  /** Every honest live node has finalized a height that none had when the fault was healed. */
  readonly allFinalizingMs: number | null
  /** The last waiting transaction that ever became final did; null also without a workload. */
  readonly backlogDrainedMs: number | null
  /** Finality latency is back within a tenth of that before the first fault; null also without enough blocks before it. */
  readonly latencyNormalMs: number | null
}

export function recoveries(run: Run, transactions: readonly TracedTransaction[]): Recovery[] {
  // Recovery is of finality.
  const healed = run.nodes.length === 0 ? [] : run.faults.filter((fault) => fault.healedMs !== null)
  return healed.map((fault) => recoveryFrom(run, fault, transactions))
}

function recoveryFrom(run: Run, fault: FaultWindow, transactions: readonly TracedTransaction[]): Recovery {
  const healedMs = fault.healedMs!
  const others = run.faults.filter((other) => other !== fault && other.stopsFinality)
  const next = others.filter((other) => other.beganMs > healedMs).map((other) => other.beganMs)
  const untilMs = Math.min(run.endedMs, ...next)
  const within = (ms: number | undefined) => (ms === undefined || ms > untilMs ? null : ms - healedMs)
  const after = <T extends { readonly monoMs: number }>(record: T) => record.monoMs > healedMs
  const progress = networkProgress(run)
  const height = heightAt(progress, healedMs)
  const views = run.honest.flatMap((node) => node.records.of('view-entered'))
  const view = Math.max(0, ...views.filter((record) => !after(record)).map((record) => record.view))
  const newViews = views.filter((record) => after(record) && record.view > view)
  const reconnects = run.nodes.flatMap((node) => node.records.of('peer-up')).filter(after)
  const { waiting, drainedMs, lost } = backlogAt(run, healedMs, transactions)
  return {
    fault: fault.id,
    verb: fault.verb,
    healedMs,
    untilMs,
    hindered: others.some((other) => other.beganMs <= healedMs && other.toMs > healedMs),
    phases: {
      firstReconnectMs: within(earliest(reconnects)),
      peersRestoredMs: within(pairsRestored(run, fault.beganMs, healedMs, untilMs)),
      firstViewMs: within(earliest(newViews)),
      firstFinalityMs: within(progress.find(after)?.monoMs),
      allFinalizingMs: within(allFinalizing(run, height, untilMs)),
      backlogDrainedMs: within(drainedMs),
      latencyNormalMs: null,
    },
    backlog: { waiting, lost },
  }
}

function earliest(records: readonly { readonly monoMs: number }[]): number | undefined {
  let first: number | undefined
  for (const { monoMs } of records) if (first === undefined || monoMs < first) first = monoMs
  return first
}

function allFinalizing(run: Run, height: number, untilMs: number): number | undefined {
  const down = run.faults.filter(
    (fault) => fault.stopsProcess && fault.toMs >= untilMs && fault.beganMs < untilMs,
  )
  const expected = run.honest.filter(
    (node) => aliveAtEnd(run, node) && !down.some((fault) => fault.nodes.includes(node.name)),
  )
  const first = expected.map((node) => nodeProgress(node).find((record) => record.height > height)?.monoMs)
  if (first.length === 0 || first.includes(undefined)) return undefined
  return Math.max(...(first as number[]))
}

function backlogAt(run: Run, healedMs: number, transactions: readonly TracedTransaction[]) {
  const waiting = transactions.filter(
    ({ submittedMs, finalizedMs, rejected }) =>
      submittedMs <= healedMs && !rejected && (finalizedMs === null || finalizedMs > healedMs),
  )
  const ends = waiting.flatMap(({ finalizedMs }) => finalizedMs ?? [])
  const none = run.controller.of('submitted').length === 0
  const drainedMs = none ? undefined : ends.reduce((last, ms) => Math.max(last, ms), healedMs)
  return { waiting: waiting.length, lost: waiting.length - ends.length, drainedMs }
}

/** From a fault's beginning until the network has recovered from it: blocks in between do not show the normal latency. */
export function disturbances(run: Run, recovered: readonly Recovery[]): Interval[] {
  return run.faults.map((fault) => {
    const recovery = recovered.find((candidate) => candidate.fault === fault.id)
    if (recovery === undefined) return { fromMs: fault.beganMs, toMs: fault.toMs }
    const { allFinalizingMs, backlogDrainedMs, peersRestoredMs, firstFinalityMs } = recovery.phases
    if (allFinalizingMs === null) return { fromMs: fault.beganMs, toMs: recovery.untilMs }
    const last = Math.max(allFinalizingMs, backlogDrainedMs ?? 0, peersRestoredMs ?? 0, firstFinalityMs ?? 0)
    return { fromMs: fault.beganMs, toMs: recovery.healedMs + last }
  })
}

const baselinePairsMin = 20

/**
 * Adds the last phase. Latencies are taken over their network bound, so that it does not matter which leaders happened
 * to be in turn; back to normal is the first block after the heal that begins a round of blocks, one per validator,
 * with a median within 10 % of the median before the first fault.
 */
export function withLatencyNormal(
  run: Run,
  recovered: readonly Recovery[],
  pairs: readonly FinalityPair[],
): Recovery[] {
  const firstFaultMs = Math.min(...run.faults.map((fault) => fault.beganMs))
  const early = pairs.filter(
    (pair) => pair.proposedMs >= (run.readyMs ?? 0) && pair.finalizedMs < firstFaultMs,
  )
  const baseline = early.length < baselinePairsMin ? null : median(early.map(normalized))
  if (baseline === null) return [...recovered]
  return recovered.map((recovery) => {
    const blocks = Map.groupBy(
      pairs.filter((pair) => pair.proposedMs > recovery.healedMs && pair.finalizedMs <= recovery.untilMs),
      (pair) => pair.hash,
    )
    const rounds = [...blocks.values()]
    const size = run.stake.weights.length
    const start = rounds.findIndex((_, i) => {
      const round = rounds.slice(i, i + size)
      return round.length === size && median(round.flat().map(normalized))! <= 1.1 * baseline
    })
    if (start < 0) return recovery
    const first = Math.min(...rounds[start]!.map((pair) => pair.finalizedMs))
    return { ...recovery, phases: { ...recovery.phases, latencyNormalMs: first - recovery.healedMs } }
  })
}

function normalized({ latencyMs, boundMs }: FinalityPair): number {
  return boundMs === null || boundMs === 0 ? latencyMs : latencyMs / boundMs
}

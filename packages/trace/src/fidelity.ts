import { listed, plural, seconds } from './checks/check.ts'
import { type LinkFidelity, linkFidelity } from './links.ts'
import type { TraceProblem } from './parse.ts'
import { largest, quantile } from './quantile.ts'
import type { RecordOf, TraceRecord } from './record.ts'
import { type RoundTripFidelity, roundTripFidelity, roundTripFindings } from './round-trips.ts'
import type { Run, RunProcess } from './run.ts'
import { type SlotLateness, slotFindings, slotLateness } from './slot-lateness.ts'

/** Whether the harness and the machine did what the run asked of them. */
export interface Fidelity {
  /** `good`; `degraded`: read the latencies with care; `bad`: the run says nothing about time or progress. */
  readonly grade: Grade
  readonly findings: readonly Finding[]
  readonly clockJumpMsMax: number
  readonly loopLagMsMax: number | null
  readonly loopLagP95Ms: number | null
  /** The share of seconds in which the nodes together used more than nine tenths of the machine; null: not measured. */
  readonly saturatedShare: number | null
  /** Of the physical chain; null without one, and in the simulator. */
  readonly slots: SlotLateness | null
  readonly links: readonly LinkFidelity[]
  readonly roundTrips: RoundTripFidelity
  /** Transfers a second that the load generator sent; null without a workload. */
  readonly sentPerSecond: number | null
  readonly problems: { readonly truncated: number; readonly malformed: number }
}

export type Grade = 'good' | 'degraded' | 'bad'

export interface Finding {
  readonly grade: 'degraded' | 'bad'
  /** A plain sentence. */
  readonly detail: string
}

export interface Machine {
  readonly cores: number
}

/** What the emulator of the network counted between readiness and the end of the run. */
export interface EmulatorStats {
  readonly forMs: number
  readonly packets: number
  /** Packets that it lost without being asked to. */
  readonly overloaded: number
  /** Seconds in which it, not the link table, decided what arrived when. */
  readonly saturatedSeconds: number
}

const clockJumpMs = 1000
const silentMs = 5000
/** Comparable to a short link: no longer negligible in a latency. */
const slowLoopMs = 40
/** After a process starts or is continued, its first report covers time in which it did not run. */
const graceMs = 2500

export function judgeFidelity(
  run: Run,
  machine: Machine | null,
  problems: readonly TraceProblem[],
  emulator: EmulatorStats | null = null,
): Fidelity {
  const findings: Finding[] = []
  const bad = (detail: string) => findings.push({ grade: 'bad', detail })
  const note = (detail: string) => findings.push({ grade: 'degraded', detail })

  for (const detail of [...missing(run), ...unexpectedExits(run)]) bad(detail)
  if (run.readyMs === null) bad('The network never became ready.')
  if (run.controller.of('run-ended').length === 0) bad('The end of the run was not recorded.')

  const clockJumpMsMax = clockJump(run)
  if (clockJumpMsMax > clockJumpMs) {
    bad(
      `The wall clock jumped by ${seconds(clockJumpMsMax)} against the monotonic clock: was the machine suspended?`,
    )
  }
  const lags = steadyResources(run).map((record) => record.loopLagMsMax)
  const loopLagMsMax = largest(lags)
  const loopLagP95Ms = quantile(lags, 0.95)
  const { timeoutBaseMs } = run.plan.parameters
  if (loopLagP95Ms !== null && loopLagP95Ms > timeoutBaseMs / 4) {
    bad(
      `Event loops were late by ${seconds(loopLagP95Ms)} in one second of twenty: the machine was too slow for this network.`,
    )
  } else if (loopLagP95Ms !== null && loopLagP95Ms > slowLoopMs) {
    note(
      `Event loops were late by ${seconds(loopLagP95Ms)} in one second of twenty: latencies show the machine too.`,
    )
  } else if (loopLagMsMax !== null && loopLagMsMax > timeoutBaseMs / 2) {
    note(`An event loop was late by ${seconds(loopLagMsMax)} once: single latencies may show the machine.`)
  }
  const saturatedShare = saturation(run, machine)
  if (saturatedShare !== null && saturatedShare > 0.5) {
    bad(`The processors were saturated in ${percent(saturatedShare)} of all seconds.`)
  } else if (saturatedShare !== null && saturatedShare > 0.1) {
    note(`The processors were saturated in ${percent(saturatedShare)} of all seconds.`)
  }
  const slots = slotLateness(run)
  findings.push(...slotFindings(slots, run.plan.physical?.slotMs ?? 0))
  const links = linkFidelity(run)
  const early = links.filter((link) => link.verdict === 'too-fast')
  if (early.length > 0) {
    const pairs = listed(
      early.map(({ from, to }) => `${from} to ${to}`),
      3,
    )
    bad(`Proposals arrived faster than the emulated network allows (${pairs}): delays were not in force.`)
  }
  const slow = links.filter((link) => link.verdict === 'slow')
  if (2 * slow.length > links.length) {
    note(
      `Between ${slow.length} of ${plural(links.length, 'pair')} of regions proposals took much longer than the emulated delay.`,
    )
  }
  const roundTrips = roundTripFidelity(run)
  findings.push(...roundTripFindings(run, roundTrips))
  if (emulator !== null) findings.push(...emulatorFindings(emulator))
  const sentPerSecond = sendRate(run)
  const { ratePerSecond } = run.plan.workload
  if (sentPerSecond !== null && sentPerSecond < 0.9 * ratePerSecond) {
    note(
      `The load generator sent ${sentPerSecond.toFixed(1)} of ${ratePerSecond} planned transfers a second.`,
    )
  }
  const malformed = problems.filter(({ kind }) => kind === 'malformed').length
  const truncated = problems.length - malformed
  if (malformed > 0) note(`${plural(malformed, 'line')} of the event logs could not be read.`)

  const grade = findings.some((f) => f.grade === 'bad') ? 'bad' : findings.length > 0 ? 'degraded' : 'good'
  return {
    grade,
    findings,
    clockJumpMsMax,
    loopLagMsMax,
    loopLagP95Ms,
    saturatedShare,
    slots,
    links,
    roundTrips,
    sentPerSecond,
    problems: { truncated, malformed },
  }
}

/** A second counts as saturated when one packet in twenty is late: the medians may still be right. */
const saturatedShareMax = 0.25
const overloadedShareMax = 0.001

function emulatorFindings({ forMs, packets, overloaded, saturatedSeconds }: EmulatorStats): Finding[] {
  const findings: Finding[] = []
  if (saturatedSeconds > 0) {
    const detail = `The emulator of the network was saturated in ${saturatedSeconds} of ${Math.round(forMs / 1000)} seconds: there it decided what arrived when.`
    findings.push({ grade: saturatedSeconds * 1000 > saturatedShareMax * forMs ? 'bad' : 'degraded', detail })
  }
  if (overloaded > 0) {
    const detail = `The emulator of the network lost ${plural(overloaded, 'packet')} of ${packets} because it could not keep up.`
    findings.push({ grade: overloaded > overloadedShareMax * packets ? 'bad' : 'degraded', detail })
  }
  return findings
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

function missing(run: Run): string[] {
  const names = run.processes.filter((node) => node.lives.length === 0).map(({ name }) => name)
  return names.length === 0 ? [] : [`There is no event log of ${listed(names)}.`]
}

function unexpectedExits(run: Run): string[] {
  const details: string[] = []
  for (const node of run.processes) {
    const exit = run.controller
      .of('node-exited')
      .find((record) => record.target === node.name && !record.expected)
    const stop = node.records
      .of('node-stopped')
      .find((record) => record.monoMs < run.endedMs && !isDown(run, node, record.monoMs))
    const restart = node.lives.slice(1).find((life) => !wasDown(run, node, life.fromMs))
    const after = (ms: number) =>
      `${seconds(ms - (run.readyMs ?? run.startedMs ?? 0))} after the network was ready`
    if (exit !== undefined) {
      const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`
      details.push(`${node.name} exited ${how}, ${after(exit.monoMs)}, without any fault asking for it.`)
    } else if (stop !== undefined)
      details.push(
        `${node.name} stopped (${stop.reason}), ${after(stop.monoMs)}, without any fault asking for it.`,
      )
    else if (restart !== undefined)
      details.push(
        `${node.name} was started again, ${after(restart.fromMs)}, without any fault asking for it.`,
      )
    else if (fellSilent(run, node))
      details.push(
        `${node.name} fell silent, ${after(node.all.at(-1)!.monoMs)}, without any fault asking for it.`,
      )
  }
  return details
}

function stopping(run: Run, node: RunProcess) {
  return run.faults.filter((fault) => fault.stopsProcess && fault.nodes.includes(node.name))
}

/** Down by a fault, or on the way down or up. */
function isDown(run: Run, node: RunProcess, ms: number): boolean {
  return stopping(run, node).some(({ beganMs, toMs }) => beganMs - 100 <= ms && ms <= toMs + graceMs)
}

function wasDown(run: Run, node: RunProcess, ms: number): boolean {
  return stopping(run, node).some(({ beganMs }) => beganMs <= ms)
}

/** Only programs that report their resources every second can be missed. */
function fellSilent(run: Run, node: RunProcess): boolean {
  const last = node.all.at(-1)
  if (last === undefined || node.records.of('resources').length === 0) return false
  return run.endedMs - last.monoMs > silentMs && !isDown(run, node, last.monoMs + graceMs)
}

/** The largest change of (wall - monotonic) from a record to the next of the same process, ms. */
function clockJump(run: Run): number {
  let max = 0
  const jump = (records: readonly TraceRecord[]) => {
    for (let i = 1; i < records.length; i++) {
      const [a, b] = [records[i - 1]!, records[i]!]
      max = Math.max(max, Math.abs(b.wallMs - b.monoMs - (a.wallMs - a.monoMs)))
    }
  }
  for (const node of run.processes) jump(node.all)
  return max
}

/** Reports of processes that were neither starting nor under a fault of their own. */
function steadyResources(run: Run): RecordOf<'resources'>[] {
  const { readyMs } = run
  if (readyMs === null) return []
  return run.nodes.flatMap((node) =>
    node.records.of('resources').filter(({ monoMs }) => {
      const starting = node.lives.some(({ fromMs }) => monoMs >= fromMs && monoMs < fromMs + 2 * graceMs)
      return monoMs > readyMs && monoMs <= run.endedMs && !starting && !isDown(run, node, monoMs)
    }),
  )
}

function saturation(run: Run, machine: Machine | null): number | null {
  const { readyMs } = run
  if (machine === null || readyMs === null) return null
  const used = new Map<number, number>()
  for (const { monoMs, cpuShare } of run.processes.flatMap((node) => node.records.of('resources'))) {
    if (monoMs < readyMs || monoMs > run.endedMs) continue
    const second = Math.floor((monoMs - readyMs) / 1000)
    used.set(second, (used.get(second) ?? 0) + cpuShare)
  }
  if (used.size === 0) return null
  return [...used.values()].filter((share) => share > 0.9 * machine.cores).length / used.size
}

function sendRate(run: Run): number | null {
  const sent = run.controller.of('submitted')
  const [first, last] = [sent[0], sent.at(-1)]
  if (run.plan.workload.ratePerSecond === 0 || first === undefined || last === undefined) return null
  return last.monoMs > first.monoMs ? ((sent.length - 1) * 1000) / (last.monoMs - first.monoMs) : null
}

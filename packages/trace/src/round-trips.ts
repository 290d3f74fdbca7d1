import { fixedNodes, namesLeader, touchedBy } from '@groundwork/scenario'
import { planDelays } from './bound.ts'
import { plural } from './checks/check.ts'
import type { FaultWindow } from './faults.ts'
import type { Finding } from './fidelity.ts'
import { largest, median } from './quantile.ts'
import type { Run } from './run.ts'

/** The round trips that two processes measured between each other, against what was asked of the network. ms. */
export interface PairFidelity {
  readonly nodes: readonly [string, string]
  readonly regions: readonly [string, string]
  /** Both ways. A pair whose delay a fault changed has an entry for each value. */
  readonly requestedMs: number
  readonly shaped: boolean
  /** Of both processes, at least `samplesMin`. */
  readonly samples: number
  readonly minMs: number
  readonly medianMs: number
  /** `too-fast`: the median, or a single round trip, is shorter than the network allows. */
  readonly verdict: 'ok' | 'too-fast' | 'slow'
}

export interface RoundTripFidelity {
  readonly pairs: readonly PairFidelity[]
  /** Pairs of processes with too few samples away from faults. */
  readonly unmeasured: number
  /** Of the differences between the median and the request; null without a pair. */
  readonly errorMedianMs: number | null
  readonly errorMaxMs: number | null
}

export const samplesMin = 20

/** How far a median may be from the request. */
export const roundTripToleranceMs = (requestedMs: number): number => Math.max(3, 0.03 * requestedMs)

/** How far off a pair is, in tolerances; any that is too fast is worse than any that is slow. */
export function deviation(pair: PairFidelity): number {
  const share = Math.abs(errorMs(pair)) / roundTripToleranceMs(pair.requestedMs)
  return pair.verdict === 'too-fast' ? 1e6 + share : share
}

/** Above this the machine, not the emulated network, decides what arrives when. */
const uselessMs = (requestedMs: number): number => Math.max(25, 0.5 * requestedMs)

export const errorMs = ({ medianMs, requestedMs }: PairFidelity): number => medianMs - requestedMs

/** In tolerances: a link that is emulated wrong, not one whose programs were busy. */
const wrongLink = 2

/**
 * What is wrong with the round trips, worst first. A pair beyond the tolerance is named. In containers, where the kernel
 * or the router keeps the time, the run is out of tolerance with half of the pairs, or with one pair twice as far off. In
 * the process runtime delays come from timers of programs that share the processors with the validators: a busy machine is
 * excused until it adds half of a round trip again to half of the pairs.
 */
export function roundTripFindings(run: Run, { pairs }: RoundTripFidelity): Finding[] {
  const { runtime } = run.plan
  if (runtime === 'simulated') return []
  const strict = runtime === 'docker'
  if (pairs.length === 0) {
    const detail = 'No round trip was measured away from faults: nothing shows that the delays were in force.'
    return strict && run.readyMs !== null ? [{ grade: 'degraded', detail }] : []
  }
  const fast = pairs.filter(({ verdict }) => verdict === 'too-fast')
  const slow = pairs.filter(({ verdict }) => verdict === 'slow')
  const useless = slow.filter((pair) => errorMs(pair) > uselessMs(pair.requestedMs))
  const findings: Finding[] = []
  if (fast.length > 0) {
    const [worst] = fast.sort((a, b) => a.minMs - a.requestedMs - (b.minMs - b.requestedMs))
    const detail = `${pairsWords(fast, pairs)} had round trips shorter than the network allows: delays were not in force. ${worstWords(worst!)}`
    findings.push({ grade: 'bad', detail })
  }
  if (slow.length > 0) {
    const [worst] = slow.sort((a, b) => deviation(b) - deviation(a))
    const far = strict ? slow.some((pair) => deviation(pair) > wrongLink) : false
    const bad = far || 2 * (strict ? slow : useless).length > pairs.length
    const detail = `${pairsWords(slow, pairs)} had round trips longer than asked by more than 3 ms and 3 %. ${worstWords(worst!)}`
    findings.push({ grade: bad ? 'bad' : 'degraded', detail })
  }
  return findings
}

function pairsWords(some: readonly PairFidelity[], all: readonly PairFidelity[]): string {
  return `${some.length} of ${plural(all.length, 'pair')} of nodes`
}

function worstWords({ nodes, requestedMs, minMs, medianMs }: PairFidelity): string {
  const figures = `${ms(requestedMs)} asked, median ${ms(medianMs)}, shortest ${ms(minMs)}`
  return `The worst was ${nodes.join(' and ')}: ${figures}.`
}

const ms = (value: number): string => `${Number(value.toFixed(1))} ms`

/** A change is announced up to so long after it is in force. */
const earlyMs = 500
/** After a change: connections come back, what was waiting drains. */
const settleMs = 3000

interface Taken {
  readonly requestedMs: number
  readonly samples: number
  readonly minMs: number
  readonly medianMs: number
}

/** From readiness to the end of the run; a time in which a fault cuts, slows or loses counts for nothing. */
export function roundTripFidelity(run: Run): RoundTripFidelity {
  const base = planDelays(run.plan)
  const index = new Map(run.nodes.map((node, i) => [node.name, i]))
  const changes = run.faults.map((fault) => changeOf(run, fault))
  const taken = new Map<string, Taken[]>()
  for (const [from, node] of run.nodes.entries()) {
    for (const { peers, sinceMs, monoMs } of reports(run, node.name)) {
      for (const [peer, { samples, minMs, medianMs }] of Object.entries(peers)) {
        const to = index.get(peer)
        if (to === undefined) continue
        const requestedMs = requested(changes, base, [from, to], [node.name, peer], sinceMs, monoMs)
        if (requestedMs === null) continue
        const key = `${Math.min(from, to)} ${Math.max(from, to)} ${requestedMs}`
        const list = taken.get(key) ?? []
        list.push({ requestedMs, samples, minMs, medianMs })
        taken.set(key, list)
      }
    }
  }
  const pairs = [...taken].flatMap(([key, list]) => {
    const [a, b] = key.split(' ').map((i) => run.nodes[Number(i)]!)
    const samples = list.reduce((sum, it) => sum + it.samples, 0)
    if (samples < samplesMin) return []
    const { requestedMs } = list[0]!
    const [i, j] = [index.get(a!.name)!, index.get(b!.name)!]
    const minMs = Math.min(...list.map((it) => it.minMs))
    const medianMs = weightedMedian(list)
    const pair = {
      nodes: [a!.name, b!.name] as const,
      regions: [a!.region, b!.region] as const,
      requestedMs,
      shaped: requestedMs !== base[i]![j]! + base[j]![i]!,
      samples,
      minMs,
      medianMs,
    }
    return [{ ...pair, verdict: verdictOf(pair) } satisfies PairFidelity]
  })
  const measured = new Set(pairs.map(({ nodes }) => nodes.join(' ')))
  const errors = pairs.map((pair) => Math.abs(errorMs(pair)))
  return {
    pairs,
    unmeasured: pairsOf(run) - measured.size,
    errorMedianMs: median(errors),
    errorMaxMs: largest(errors),
  }
}

/** Twins do not talk to each other. */
function pairsOf({ nodes }: Run): number {
  const others = (node: Run['nodes'][number]) =>
    nodes.filter((other) => other.planned.validator !== node.planned.validator).length
  return nodes.reduce((sum, node) => sum + others(node), 0) / 2
}

type Times = Pick<PairFidelity, 'requestedMs' | 'minMs' | 'medianMs'>

function verdictOf({ requestedMs, minMs, medianMs }: Times): PairFidelity['verdict'] {
  const tolerance = roundTripToleranceMs(requestedMs)
  if (minMs < requestedMs - tolerance) return 'too-fast'
  return medianMs > requestedMs + tolerance ? 'slow' : 'ok'
}

/** Each report with the time that it covers: since the one before, or the start of the process. */
function* reports(run: Run, name: string) {
  const node = run.nodes.find((it) => it.name === name)!
  for (const life of node.lives) {
    let sinceMs = life.fromMs
    for (const record of life.records) {
      if (record.kind !== 'round-trips') continue
      const { peers, monoMs } = record
      if (run.readyMs !== null && sinceMs >= run.readyMs && monoMs <= run.endedMs)
        yield { peers, sinceMs, monoMs }
      sinceMs = monoMs
    }
  }
}

type Link = `${string}>${string}`

/** What a fault does to links: delays that it sets, or disturbs in a way that says nothing of delays (null). */
interface Change extends Pick<FaultWindow, 'beganMs' | 'toMs'> {
  /** Nodes all of whose links are disturbed. */
  readonly nodes: ReadonlySet<string>
  readonly links: ReadonlyMap<Link, number | null>
}

function changeOf(run: Run, fault: FaultWindow): Change {
  const { beganMs, toMs } = fault
  const action = run.plan.timeline.find(({ id }) => id === fault.id)?.action
  // who was the leader is in the log, but not on which side of the fault
  if (action === undefined || namesLeader(action)) {
    return { beganMs, toMs, nodes: new Set(fault.nodes), links: new Map() }
  }
  const { links, down } = touchedBy(action, fixedNodes)
  const delays = links.map(({ from, to, set }) => {
    const plain = Object.keys(set).every((property) => property === 'delayMs')
    return [`${from}>${to}` as Link, plain ? (set.delayMs ?? null) : null] as const
  })
  return { beganMs, toMs, nodes: new Set(down), links: new Map(delays) }
}

/** The round trip that was asked for throughout the time; null if something disturbed it. */
function requested(
  changes: readonly Change[],
  base: readonly (readonly number[])[],
  [i, j]: readonly [number, number],
  [a, b]: readonly [string, string],
  sinceMs: number,
  monoMs: number,
): number | null {
  let [there, back] = [base[i]![j]!, base[j]![i]!]
  for (const { beganMs, toMs, nodes, links } of changes) {
    if (monoMs < beganMs - earlyMs || sinceMs > toMs + settleMs) continue
    if (nodes.has(a) || nodes.has(b)) return null
    const [one, other] = [links.get(`${a}>${b}`), links.get(`${b}>${a}`)]
    if (one === undefined && other === undefined) continue
    const throughout = sinceMs >= beganMs + settleMs && monoMs <= toMs
    if (!throughout || one === null || other === null) return null
    there = one ?? there
    back = other ?? back
  }
  return there + back
}

function weightedMedian(list: readonly Taken[]): number {
  const sorted = [...list].sort((x, y) => x.medianMs - y.medianMs)
  const total = sorted.reduce((sum, { samples }) => sum + samples, 0)
  let seen = 0
  return sorted.find(({ samples }) => {
    seen += samples
    return 2 * seen >= total
  })!.medianMs
}

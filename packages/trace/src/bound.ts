import { type Plan, type PlannedNode, validatorsOf } from '@groundwork/scenario'

/** One-way delays between processes, ms: `delays[i][j]` from i to j. */
export type Matrix = readonly (readonly number[])[]

/**
 * The earliest times after a proposal of `leader` at which each process could finalize it, ms: the proposal travels,
 * NOTAR votes travel, FINAL votes travel, each along the fastest path, computation takes no time. Two processes of one
 * validator (twins) count its weight once, from whichever is heard first.
 * `delays` must be a metric closure (`closure`): then a relayed certificate is never earlier than the votes themselves.
 */
export function finalityBounds(delays: Matrix, votes: Voters, leader: number): number[] {
  const proposed = delays[leader] as readonly number[]
  const notarized = quorumArrivals(delays, votes, proposed)
  return quorumArrivals(delays, votes, notarized)
}

export interface Voters {
  /** The validator of each process. */
  readonly validators: readonly number[]
  /** By validator. */
  readonly weights: readonly number[]
  readonly quorum: number
}

/** When votes of a quorum have reached each process, if process j sends its own at `sentMs[j]`. Infinity: never. */
export function quorumArrivals(delays: Matrix, votes: Voters, sentMs: readonly number[]): number[] {
  return sentMs.map((_, to) => {
    const heard = new Map<number, number>()
    for (const [from, sent] of sentMs.entries()) {
      const validator = votes.validators[from] as number
      const arrival = sent + (delays[from]?.[to] as number)
      if (arrival < (heard.get(validator) ?? Number.POSITIVE_INFINITY)) heard.set(validator, arrival)
    }
    let weight = 0
    for (const [validator, arrival] of [...heard].sort(([, a], [, b]) => a - b)) {
      weight += votes.weights[validator] as number
      if (weight >= votes.quorum) return arrival
    }
    return Number.POSITIVE_INFINITY
  })
}

/** Shortest paths (Floyd & Warshall): the fastest that anything can get from i to j if everybody relays. */
export function closure(delays: Matrix): number[][] {
  const shortest = delays.map((row, i) => row.map((delay, j) => (i === j ? 0 : delay)))
  for (let via = 0; via < shortest.length; via++) {
    const onward = shortest[via] as number[]
    for (const row of shortest) {
      const first = row[via] as number
      for (let to = 0; to < row.length; to++)
        row[to] = Math.min(row[to] as number, first + (onward[to] as number))
    }
  }
  return shortest
}

/** The delays between the processes of the plan's validators, from their regions. A pair that the plan has no delay for is at distance 0. */
export function planDelays(plan: Plan): number[][] {
  const delay = (from: PlannedNode, to: PlannedNode) =>
    plan.delays[from.labels.region]?.[to.labels.region] ?? 0
  const nodes = validatorsOf(plan.nodes)
  return nodes.map((from) => nodes.map((to) => (from === to ? 0 : delay(from, to))))
}

/** The bound of a plan's network: for a proposal by one process, the earliest finality at another, ms. */
export type BoundOf = (leader: string, node: string) => number | null

export function planBounds(plan: Plan, weights: readonly number[], quorum: number): BoundOf {
  const nodes = validatorsOf(plan.nodes)
  const index = new Map(nodes.map((node, i) => [node.name, i]))
  const delays = closure(planDelays(plan))
  const votes = { validators: nodes.map((node) => node.validator), weights, quorum }
  const rows = new Map<number, number[]>()
  return (leader, node) => {
    const from = index.get(leader)
    const to = index.get(node)
    if (from === undefined || to === undefined) return null
    const row = rows.get(from) ?? finalityBounds(delays, votes, from)
    rows.set(from, row)
    const bound = row[to] as number
    return Number.isFinite(bound) ? bound : null
  }
}

import { touchedBy } from './faults/index.ts'
import type { NodesOf } from './faults/verb.ts'
import {
  type Plan,
  type PlannedFault,
  type PlannedNode,
  type PlannedValidator,
  validatorsOf,
} from './plan.ts'
import { quorum } from './stake.ts'

/** Which nodes a target means while no leader is known: none for `leader`. */
export const fixedNodes: NodesOf = (target) => (target.kind === 'nodes' ? target.nodes : [])

/** Half-open: a fault that begins when another is healed finds it healed. */
export function activeAt(fault: PlannedFault, timeMs: number): boolean {
  return fault.atMs <= timeMs && (fault.forMs === null || timeMs < fault.atMs + fault.forMs)
}

/** The stake of the whole validator set; twins count once. */
export function totalStake(nodes: readonly PlannedNode[]): number {
  return stakeOf(nodes)
}

/** The stake behind some processes: each validator once, farmers none. */
export function stakeOf(nodes: readonly PlannedNode[]): number {
  const weights = new Map(validatorsOf(nodes).map((node) => [node.validator, node.weight]))
  return [...weights.values()].reduce((sum, weight) => sum + weight, 0)
}

/**
 * Whether nothing can be finalized from the moment that this fault begins, by stake and links alone, together with all
 * faults that are active then. A flap never does: its links open again by themselves.
 */
export function stopsFinality(
  plan: Pick<Plan, 'nodes' | 'timeline'>,
  fault: PlannedFault,
  nodesOf: NodesOf = fixedNodes,
): boolean {
  const validators = validatorsOf(plan.nodes)
  if (fault.action.verb === 'flap' || validators.length === 0) return false
  const cuts = new Set<string>()
  const down = new Set<string>()
  for (const other of plan.timeline) {
    if (!activeAt(other, fault.atMs) || other.action.verb === 'flap') continue
    const touched = touchedBy(other.action, nodesOf)
    for (const name of touched.down) down.add(name)
    for (const { from, to, set } of touched.links) {
      if ((set.cut !== undefined && set.cut !== 'open') || set.lossRatio === 1) cuts.add(`${from}>${to}`)
    }
  }
  return !quorumReachable(validators, down, cuts)
}

/**
 * A block becomes final only if some running node collects votes of a quorum. Votes go over one link, so the voters must
 * have an open link to that node; proposals and certificates are passed on, so any path back to the voters will do.
 */
function quorumReachable(
  nodes: readonly PlannedValidator[],
  down: ReadonlySet<string>,
  cuts: ReadonlySet<string>,
): boolean {
  const running = nodes.filter((node) => !down.has(node.name))
  const open = (from: PlannedValidator, to: PlannedValidator): boolean =>
    from === to || !cuts.has(`${from.name}>${to.name}`)
  const needed = quorum(totalStake(nodes))
  return running.some((collector) => {
    const reached = new Set([collector])
    for (const from of reached) for (const to of running) if (open(from, to)) reached.add(to)
    return stakeOf([...reached].filter((voter) => open(voter, collector))) >= needed
  })
}

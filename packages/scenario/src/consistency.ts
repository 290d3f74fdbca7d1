import { touchedBy } from './faults/index.ts'
import type { NodesOf } from './faults/verb.ts'
import type { PlannedFault, PlannedNode } from './plan.ts'
import { formatDuration } from './quantity.ts'

export interface Contradiction {
  /** The later of the two. */
  readonly fault: PlannedFault
  readonly other: PlannedFault
  readonly text: string
}

/**
 * The first two faults that cannot be active together: they take the same node out, or set the same property of the same
 * link. So no runtime ever has to decide which of two faults owns a link or a process. `faults` in the order of time.
 */
export function contradiction(
  faults: readonly PlannedFault[],
  nodes: readonly PlannedNode[],
): Contradiction | null {
  for (const [i, fault] of faults.entries()) {
    for (const other of faults.slice(0, i)) {
      const text = clash(fault, other, nodes)
      if (text !== null) return { fault, other, text }
    }
  }
  return null
}

/** How two faults contradict each other, or null. */
export function clash(a: PlannedFault, b: PlannedFault, nodes: readonly PlannedNode[]): string | null {
  if (endOf(a) <= b.atMs || endOf(b) <= a.atMs) return null
  // The leader may be anybody by then.
  const nodesOf: NodesOf = (target) =>
    target.kind === 'nodes' ? target.nodes : nodes.map((node) => node.name)
  const mine = touchedBy(a.action, nodesOf)
  const theirs = touchedBy(b.action, nodesOf)
  const span = `${formatDuration(b.atMs)} to ${b.forMs === null ? 'the end' : formatDuration(endOf(b))}`
  const node = mine.down.find((name) => theirs.down.includes(name))
  if (node !== undefined) {
    const open = [a.action, b.action].some((action) => 'target' in action && action.target.kind === 'leader')
    return `${a.action.verb} of ${open ? `the leader, who may be ${node}` : node}, which ${b.id} holds down from ${span}`
  }
  const owned = new Map<string, readonly string[]>()
  for (const { from, to, set } of theirs.links) owned.set(`${from}>${to}`, Object.keys(set))
  for (const { from, to, set } of mine.links) {
    const property = owned.get(`${from}>${to}`)?.find((name) => name in set)
    if (property !== undefined) {
      return `it sets ${property} of the link ${from} to ${to}, which ${b.id} holds from ${span}`
    }
  }
  return null
}

function endOf(fault: PlannedFault): number {
  return fault.forMs === null ? Number.POSITIVE_INFINITY : fault.atMs + fault.forMs
}

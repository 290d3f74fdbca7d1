import type { Plan, PlannedNode } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'

/** What the event logs say about the network so far: enough for readiness, leaders and progress. */
export interface Observer {
  see(record: TraceRecord): void
  readonly nodes: ReadonlyMap<string, ObservedNode>
  /** Faults in force, by id. */
  readonly faults: ReadonlyMap<string, ObservedFault>
  readonly network: ObservedNetwork
  /** The processes of the leader of the highest view that any node is in; empty before the first. */
  leaders(): readonly string[]
}

export interface ObservedNode {
  readonly plan: PlannedNode
  /** awaited: never seen; running also while paused. */
  state: 'awaited' | 'running' | 'down'
  readonly peers: Set<string>
  view: number
  leader: number | null
  height: number
  /** The `monoMs` of its newest finalization. */
  finalizedAtMs: number | null
}

export interface ObservedFault {
  readonly id: string
  readonly verb: string
  readonly nodes: readonly string[]
  readonly detail: string
  readonly beganAtMs: number
}

export interface ObservedNetwork {
  /** The newest `monoMs` seen. */
  nowMs: number
  readyAtMs: number | null
  height: number
  finalizedAtMs: number | null
  /** Of the physical chain: the highest best chain, when it grew, and the deepest reorg. */
  physicalHeight: number
  physicalGrewAtMs: number | null
  reorgDepthMax: number
  submitted: number
  finalizedTransactions: number
  ended: boolean
}

export function observer(plan: Pick<Plan, 'nodes'>): Observer {
  const nodes = new Map<string, ObservedNode>()
  for (const node of plan.nodes) {
    nodes.set(node.name, {
      plan: node,
      state: 'awaited',
      peers: new Set(),
      view: 0,
      leader: null,
      height: 0,
      finalizedAtMs: null,
    })
  }
  const faults = new Map<string, ObservedFault>()
  const network: ObservedNetwork = {
    nowMs: 0,
    readyAtMs: null,
    height: 0,
    finalizedAtMs: null,
    physicalHeight: 0,
    physicalGrewAtMs: null,
    reorgDepthMax: 0,
    submitted: 0,
    finalizedTransactions: 0,
    ended: false,
  }
  return {
    nodes,
    faults,
    network,
    see: (record) => {
      network.nowMs = Math.max(network.nowMs, record.monoMs)
      seeController(record, network, faults)
      if (record.kind === 'node-exited') {
        const gone = nodes.get(record.target)
        if (gone !== undefined) gone.state = 'down'
      }
      const node = nodes.get(record.node)
      if (node !== undefined) seeNode(record, node, network)
    },
    leaders: () => {
      let newest: ObservedNode | null = null
      for (const node of nodes.values()) {
        if (node.state === 'running' && node.leader !== null && node.view > (newest?.view ?? -1))
          newest = node
      }
      const leader = newest?.leader
      return [...nodes.values()]
        .filter(({ plan }) => plan.role !== 'farmer' && plan.validator === leader)
        .map(({ plan }) => plan.name)
    },
  }
}

function seeController(
  record: TraceRecord,
  network: ObservedNetwork,
  faults: Map<string, ObservedFault>,
): void {
  switch (record.kind) {
    case 'network-ready':
      network.readyAtMs = record.monoMs
      return
    case 'fault-began':
      faults.set(record.fault, { ...record, id: record.fault, beganAtMs: record.monoMs })
      return
    case 'fault-healed':
      faults.delete(record.fault)
      return
    case 'submitted':
      network.submitted++
      return
    case 'run-ended':
      network.ended = true
      return
    default:
  }
}

function seeNode(record: TraceRecord, node: ObservedNode, network: ObservedNetwork): void {
  switch (record.kind) {
    case 'node-started':
    case 'farmer-started':
      node.state = 'running'
      node.peers.clear()
      return
    case 'node-stopped':
      node.state = 'down'
      return
    case 'peer-up':
      node.peers.add(record.peer)
      return
    case 'peer-down':
      node.peers.delete(record.peer)
      return
    case 'physical-tip':
      if (node.plan.role === 'farmer') node.height = record.height
      if (record.height > network.physicalHeight) {
        network.physicalHeight = record.height
        network.physicalGrewAtMs = record.monoMs
      }
      return
    case 'reorg':
      network.reorgDepthMax = Math.max(network.reorgDepthMax, record.depth)
      return
    case 'view-entered':
      node.view = record.view
      node.leader = record.leader
      return
    case 'finalized':
      if (record.height <= node.height) return
      node.height = record.height
      node.finalizedAtMs = record.monoMs
      if (record.height <= network.height) return
      network.height = record.height
      network.finalizedAtMs = record.monoMs
      network.finalizedTransactions += record.transactions.length
      return
    default:
  }
}

import { CodedError } from '@groundwork/primitives'
import { farmersOf, type Plan, validatorsOf } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import { type ObservedNode, observer } from '../observer.ts'
import { waitUntil } from '../schedule.ts'
import { followLines } from './log-tail.ts'

/** What the nodes of a live network say in their event logs, while they say it. */
export interface NodeWatch {
  /**
   * Resolves when all validators are connected and have finalized a block, and all farmers are connected and have one, or when the signal aborts; follows the logs from
   * then on. Throws `NETWORK_START` that says how far each node came.
   */
  untilReady(signal: AbortSignal): Promise<void>
  /** Whether some node has finalized the transaction. */
  isFinal(transaction: string): boolean
  /** The processes of the leader of the newest view, as of now. */
  leaders(): readonly string[]
  /** Of a node's newest final block. */
  heightOf(node: string): number
  close(): void
}

export interface NodeWatchInit {
  readonly plan: Plan
  /** Where a node writes its event log. */
  traceFile(node: string): string
  /** Every record that a node wrote, soon after. */
  observe(record: TraceRecord): void
}

/** A network of many nodes has few cores for each. */
const connectedWithinMs = (nodes: number): number => Math.max(60_000, 6000 * nodes)
const startPollMs = 100
const followEveryMs = 250

export function watchNodes({ plan, traceFile, observe }: NodeWatchInit): NodeWatch {
  const seen = observer(plan)
  const final = new Set<string>()
  const logs = plan.nodes.map(({ name }) => followLines(traceFile(name)))
  let follower: NodeJS.Timeout | undefined

  const follow = (): void => {
    for (const log of logs) {
      log.read((line) => {
        const record = parseLine(line)
        if (record === null) return
        seen.see(record)
        if (record.kind === 'finalized') for (const id of record.transactions) final.add(id)
        observe(record)
      })
    }
  }

  const connected = (): boolean => {
    follow()
    return [...seen.nodes.values()].every(
      (node) => node.state === 'running' && node.height > 0 && node.peers.size >= peersOf(node, plan),
    )
  }

  return {
    untilReady: async (signal) => {
      const poll = { everyMs: startPollMs, withinMs: connectedWithinMs(plan.nodes.length), signal }
      if (await waitUntil(connected, poll)) follower = setInterval(follow, followEveryMs)
      else if (!signal.aborted) throw new CodedError('NETWORK_START', notConnected(seen.nodes.values(), plan))
    },
    isFinal: (transaction) => final.has(transaction),
    leaders: () => {
      follow()
      return seen.leaders()
    },
    heightOf(node) {
      follow()
      return seen.nodes.get(node)?.height ?? 0
    },
    close: () => clearInterval(follower),
  }
}

/** Validators talk to validators, farmers to farmers; in a hybrid network everybody to everybody. */
function peersOf({ plan: { role } }: ObservedNode, { nodes, hybrid }: Plan): number {
  if (hybrid !== undefined) return nodes.length - 1
  return (role === 'farmer' ? farmersOf(nodes) : validatorsOf(nodes)).length - 1
}

function parseLine(line: string): TraceRecord | null {
  try {
    return JSON.parse(line) as TraceRecord
  } catch {
    return null
  }
}

function notConnected(nodes: Iterable<ObservedNode>, plan: Plan): string {
  const states = [...nodes].map(
    (node) => `${node.plan.name} ${node.peers.size} of ${peersOf(node, plan)} peers, height ${node.height}`,
  )
  return `the network was not ready within ${connectedWithinMs(plan.nodes.length) / 1000} s (all peers and height 1 each): ${states.join('; ')}`
}

import type { Capabilities, NodeName } from '../link-table.ts'
import type { ChangedLink } from '../live-link-table.ts'

/** A node as the router sees it: behind an interface of the router's own, in a subnet of its own. */
export interface RoutedNode {
  readonly name: NodeName
  /** IPv4. */
  readonly address: string
  /** The router's network interface towards the node. */
  readonly interface: string
}

export interface InterpreterInit {
  readonly nodes: readonly RoutedNode[]
  /** Every link of the table: in force before traffic flows for the first time. */
  readonly links: readonly ChangedLink[]
  /** Of losses, jitter and other chance, where the interpreter draws it itself. */
  readonly seed: number
}

/**
 * Makes the link table true for IP packets that the router forwards between nodes. Opening and closing leave in the
 * network namespace nothing that was not there before; what an earlier, killed one left is cleared when opening.
 */
export interface LinkInterpreter {
  readonly capabilities: Capabilities
  /** Resolves when the links are in force. Called one at a time. Rejects with a CodedError `router-...`. */
  apply(links: readonly ChangedLink[]): Promise<void>
  stats(): Promise<InterpreterStats>
  /** Idempotent. */
  close(): Promise<void>
  /** Resolves with the reason if it breaks by itself; the router then ends, for an emulation that is gone lies. */
  readonly broken: Promise<Error>
}

/**
 * Why a packet was not delivered. `loss`, `cut`, `queue` (the bounded queue before a link's rate) were asked for;
 * `overload`: the interpreter or the kernel under it could not keep up; `foreign`: not IPv4, or not between two nodes.
 */
export type DropReason = 'loss' | 'cut' | 'queue' | 'overload' | 'foreign'

/** Counters since the interpreter was opened: subtract two snapshots for what happened between them. */
export interface InterpreterStats {
  readonly interpreter: Capabilities['interpreter']
  /** Age of the interpreter. */
  readonly forMs: number
  /** Taken from senders. */
  readonly packets: number
  readonly bytes: number
  readonly delivered: number
  readonly dropped: {
    readonly total: number
    /** Of these, as far as the interpreter can tell them apart. */
    readonly by: Readonly<Partial<Record<DropReason, number>>>
  }
  /** Waiting for their time now. */
  readonly queued: number
  /** How late packets were let go; null if only the kernel knows. */
  readonly lateness: LatenessCounts | null
  /** Whole seconds in which the interpreter, not the link table, decided what arrived when. */
  readonly saturatedSeconds: number
  /** CPU time of the router's process and its threads, ms. */
  readonly cpuMs: number
  readonly links: readonly LinkCount[]
}

export interface LinkCount {
  readonly from: NodeName
  readonly to: NodeName
  readonly packets: number
  readonly bytes: number
  readonly dropped: number
}

/** `counts[i]` packets were late by at most `latenessBoundsMs[i]`; one more for the later ones. */
export interface LatenessCounts {
  readonly counts: readonly number[]
  readonly maxMs: number
}

/** From 0.05 ms up by a factor of the square root of two each, to 3.3 s. */
export const latenessBoundsMs: readonly number[] = Array.from({ length: 33 }, (_, i) => 0.05 * 2 ** (i / 2))

/** Both a packet's lateness and the accuracy asked of a median round trip: beyond it a second counts as saturated. */
export const saturatedLatenessMs = 3

/** The bound under which a share of the packets stayed, ms; `since` an earlier snapshot. 0 without packets. */
export function latenessQuantileMs(
  now: LatenessCounts,
  share: number,
  since: LatenessCounts | null = null,
): number {
  const counts = now.counts.map((count, i) => count - (since?.counts[i] ?? 0))
  const total = counts.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (const [i, count] of counts.entries()) {
    seen += count
    if (count > 0 && seen >= share * total) return Math.min(now.maxMs, latenessBoundsMs[i] ?? now.maxMs)
  }
  return 0
}

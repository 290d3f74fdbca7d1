import type { BoundOf } from './bound.ts'
import type { Run } from './run.ts'

/** How long one block took to become final at one honest node. Times are `monoMs`. */
export interface FinalityPair {
  readonly hash: string
  readonly height: number
  readonly view: number
  /** The process that proposed the block. */
  readonly leader: string
  readonly node: string
  readonly proposedMs: number
  readonly finalizedMs: number
  /** From the leader's sending of the proposal to the local finalization. */
  readonly latencyMs: number
  /** The earliest that the network allows for this pair. */
  readonly boundMs: number | null
}

/** A block that no process is known to have proposed (its log was lost with the process) gives no pairs. */
export function finalityPairs(run: Run, boundOf: BoundOf): FinalityPair[] {
  const proposals = new Map<string, { leader: string; ms: number }>()
  for (const node of run.nodes) {
    for (const { hash, monoMs } of node.records.of('proposed')) {
      const known = proposals.get(hash)
      if (known === undefined || monoMs < known.ms) proposals.set(hash, { leader: node.name, ms: monoMs })
    }
  }
  const pairs: FinalityPair[] = []
  for (const node of run.honest) {
    const seen = new Set<string>()
    for (const { hash, height, view, monoMs } of node.records.of('finalized')) {
      const proposal = proposals.get(hash)
      if (proposal === undefined || seen.has(hash)) continue
      seen.add(hash)
      pairs.push({
        hash,
        height,
        view,
        leader: proposal.leader,
        node: node.name,
        proposedMs: proposal.ms,
        finalizedMs: monoMs,
        latencyMs: monoMs - proposal.ms,
        boundMs: boundOf(proposal.leader, node.name),
      })
    }
  }
  return pairs.sort((a, b) => a.proposedMs - b.proposedMs)
}

/** A stretch of time, `monoMs`. */
export interface Interval {
  readonly fromMs: number
  readonly toMs: number
}

/** The pairs that began after readiness and whose way to finality met no fault and no recovery from one. */
export function undisturbed(
  run: Run,
  pairs: readonly FinalityPair[],
  disturbances: readonly Interval[],
): FinalityPair[] {
  const { readyMs } = run
  if (readyMs === null) return []
  return pairs.filter(
    (pair) =>
      pair.proposedMs >= readyMs &&
      pair.proposedMs < run.endedMs &&
      !disturbances.some(({ fromMs, toMs }) => pair.finalizedMs >= fromMs && pair.proposedMs <= toMs),
  )
}

import { equal, type Hash } from '@groundwork/primitives'
import type { Epoch } from '@groundwork/stake-core'
import type { DeriveState } from '../derive/index.ts'
import type { Height } from '../mode/index.ts'
import type { HybridPosition } from './position.ts'

/**
 * Whether final blocks of one epoch, in order, go through the block that a confirmed state names for it. Those that end
 * below it show nothing: whoever has enough keys could have signed them for a node that knows no better.
 */
export function goesThroughConfirmed(
  epoch: Epoch,
  epochHeights: number,
  segment: readonly HybridPosition[],
  confirmed: DeriveState,
): boolean {
  const first = segment[0]
  if (first === undefined) return true
  const named = namedFor(epoch, epochHeights, first.tip.height, confirmed)
  if (named === null || first.tip.height > named.height) return true
  const at = segment.find(({ tip }) => tip.height === named.height)
  return at !== undefined && equal(at.tip.hash, named.hash)
}

/** The newest checkpoint in the epoch; after its end, the terminal block on which the next one stands. */
function namedFor(
  epoch: Epoch,
  epochHeights: number,
  height: Height,
  { epoch: running, epochs, tip }: DeriveState,
): { readonly height: Height; readonly hash: Hash } | null {
  if (equal(running.id, epoch.id)) return tip
  const next = epochs.find((known) => known.epoch.number === epoch.number + 1)?.epoch
  if (next === undefined) return null
  return { height: height - (height % epochHeights) + epochHeights - 1, hash: next.genesisHash }
}

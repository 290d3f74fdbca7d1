import type { Hash } from '@groundwork/primitives'
import type { DeriveState, PendingBlock } from './derive/index.ts'
import type { Height } from './mode/index.ts'

/**
 * The physical chain as one node sees it: what `hybridRules` asks before a block of the stake chain is extended, voted
 * for or proposed. A host makes a new one whenever the best branch changes, and at least once in a slot, and hands it to
 * the core with `{ kind: 'physical', view }`. Never changes once made.
 */
export interface PhysicalView {
  readonly tip: { readonly height: Height; readonly hash: Hash; readonly slot: number }
  /** The slot that the node's clock was in when this view was made: an old tip is not signed on (R12). */
  readonly clockSlot: number
  /** After the tip. */
  readonly state: DeriveState
  /** kappa below the tip; the genesis state while the chain is shorter. */
  readonly confirmed: DeriveState
  /**
   * Hash of the best branch's block at a height, 0 being the chain's genesis; undefined above the tip, and below what the
   * node keeps. It should keep all back to the anchor of the oldest stake block that it may still have to execute: the
   * anchor of the floor's tip, and of `confirmed`'s.
   */
  hashAt(height: Height): Hash | undefined
  /**
   * Blocks of the best branch above `after`, up to and with `to`, oldest first: for every height the last entry of `pending` of
   * the state after that block. Null if the node does not hold all of them.
   */
  range(after: Height, to: Height): readonly PendingBlock[] | null
}

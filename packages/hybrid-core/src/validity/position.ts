import { equal } from '@groundwork/primitives'
import type { Position as CorePosition, EpochStart } from '@groundwork/stake-core'
import type { CheckpointTip, DeriveContext, DeriveState, Position } from '../derive/index.ts'
import type { PhysicalView } from '../view.ts'

/** What `hybridRules` says after a block: where derive would stand, without its view of the physical chain. */
export interface HybridPosition extends CorePosition, Omit<Position, 'pending'> {
  /** R11: after an empty child of the epoch's last block. Everything else is as after that block. */
  readonly isChild: boolean
}

export function hybridPosition({ epoch, tip, execution }: Omit<Position, 'pending'>): HybridPosition {
  return { ledger: execution.ledger, epoch, tip, execution, isChild: false }
}

/** Whether a block of the physical chain is on the best branch. */
export function isOnBranch(
  view: PhysicalView,
  anchor: Pick<CheckpointTip['anchor'], 'height' | 'hash'>,
): boolean {
  const hash = view.hashAt(anchor.height)
  return hash !== undefined && equal(hash, anchor.hash)
}

/** R11: after the epoch's last block, which needs a view of its own to be one. */
export function isEnded({ parameters }: DeriveContext, { tip }: HybridPosition): boolean {
  return tip.view > 0 && tip.height % parameters.epochHeights === parameters.epochHeights - 1
}

/** Where a core begins that takes over what the physical chain has, at its last checkpoint or at an exit. */
export function headAt({ tip }: Pick<DeriveState, 'tip'>): EpochStart['head'] {
  return { view: tip.view, height: tip.height, hash: tip.hash, certificate: null }
}

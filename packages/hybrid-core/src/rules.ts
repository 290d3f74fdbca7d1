import type { HybridParameters } from './params.ts'

/** What a validator sees of the physical chain: heights of its tip and of the last refreshing checkpoint kappa deep. */
export interface DeadlineView {
  readonly tip: number
  readonly lastCheckpoint: number
}

/** R12, first half: signing stops before the deadline, so that nothing becomes final that RECORDED would make void. */
export function maySign(
  { stallDeadlineBlocks, stopMarginBlocks }: HybridParameters,
  { tip, lastCheckpoint }: DeadlineView,
): boolean {
  return tip - lastCheckpoint < stallDeadlineBlocks - stopMarginBlocks
}

/** R12, second half, and R5a: a tip this old is not the network's. */
export function isFresh({ staleSlots }: HybridParameters, tipSlot: number, clockSlot: number): boolean {
  return clockSlot - tipSlot < staleSlots
}

/** R5a: whether a final block may be handed to clients before its checkpoint is confirmed. */
export function mayDeliver(
  { stallDeadlineBlocks, kappa, stopMarginBlocks }: HybridParameters,
  { tip, lastCheckpoint }: DeadlineView,
): boolean {
  return tip - lastCheckpoint < stallDeadlineBlocks - kappa - stopMarginBlocks
}

/** AN-2: an anchor that is less deep on the voter's best chain is not wrong, but has to wait. */
export function isDeepEnough({ kappa }: HybridParameters, tip: number, anchor: number): boolean {
  return tip - anchor >= kappa
}

/** FR-1: no vote for a block that looks away from the newer part of the physical chain. */
export function isFreshAnchor(
  { maxAnchorAgeBlocks, stopMarginBlocks }: HybridParameters,
  tip: number,
  anchor: number,
): boolean {
  return tip - anchor <= maxAnchorAgeBlocks - stopMarginBlocks
}

/** The anchor that an honest leader takes: one deeper than it has to be, never behind its parent's. */
export function leaderAnchor({ kappa }: HybridParameters, tip: number, parentAnchor: number): number {
  return Math.max(parentAnchor, tip - kappa - 1)
}

import { isQuorum } from './mode/leak.ts'
import type { ModeParameters } from './params.ts'

/** e(x): windows of leak until the rest is a quorum; 0 if it is one at once. `present` and `gone` are weights. */
export function leakWindows({ leak: { num, den } }: ModeParameters, present: number, gone: number): number {
  if (present <= 0) return Number.POSITIVE_INFINITY
  let left = gone
  let windows = 0
  while (!isQuorum(present, present + left)) {
    left = Math.floor((left * num) / den)
    windows++
  }
  return windows
}

/**
 * T_rec in physical blocks, from the last refreshing checkpoint to the first signature in FAST: the deadline, the wait
 * for a window (the only part that varies), the leak, the windows of the exit, and its confirmation.
 */
export function recoveryBlocks(
  parameters: ModeParameters,
  windows: number,
  needed: number,
): { readonly least: number; readonly mean: number; readonly most: number } {
  const { kappa, voteBlocks, windowBlocks, stallDeadlineBlocks } = parameters
  const least = stallDeadlineBlocks + (windows + needed) * windowBlocks + 2 * kappa + voteBlocks + 1
  return { least, mean: least + (windowBlocks - 1) / 2, most: least + windowBlocks - 1 }
}

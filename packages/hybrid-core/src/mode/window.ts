import type { ModeParameters } from '../params.ts'
import type { Height, Window } from './types.ts'

/** b(w): the height of the block that a window is about. */
export function targetHeight({ windowBlocks }: ModeParameters, window: Window): Height {
  return window * windowBlocks
}

/** Signing a vote earlier than at this tip risks that the target is orphaned. */
export function votingHeight(parameters: ModeParameters, window: Window): Height {
  return targetHeight(parameters, window) + parameters.kappa
}

/** The block in whose state a window is closed: the last one in which its votes count. */
export function closingHeight(parameters: ModeParameters, window: Window): Height {
  return votingHeight(parameters, window) + parameters.voteBlocks
}

/** w0: the first window whose predecessor's block is not below the trigger. */
export function firstWindowAfter({ windowBlocks }: ModeParameters, trigger: Height): Window {
  return Math.ceil(trigger / windowBlocks) + 1
}

/** The window whose votes count in a block of this height, or null between windows. They never overlap. */
export function windowOfVotes(parameters: ModeParameters, height: Height): Window | null {
  const window = Math.floor((height - parameters.kappa - 1) / parameters.windowBlocks)
  return window >= 0 && height <= closingHeight(parameters, window) ? window : null
}

import type { PhysicalMessage, PlotId } from '@groundwork/physical-core'
import { unreachable } from '@groundwork/primitives'

/** What farmers say to each other in the simulator: the chain's own messages, and the measurement of places. */
export type FarmMessage =
  | PhysicalMessage
  /** Answered by whoever has the plot, at once. */
  | { readonly kind: 'place-challenge'; readonly plotId: PlotId; readonly nonce: number }
  | { readonly kind: 'place-answer'; readonly plotId: PlotId; readonly nonce: number }

const slotProofBytes = 820
const blockBytes = 1100
const itemBytes = 220

/** Roughly what a message weighs on the wire; only links with a rate ask. */
export function farmMessageBytes(message: FarmMessage): number {
  switch (message.kind) {
    case 'slot-proof':
      return slotProofBytes
    case 'slots':
      return message.proofs.length * slotProofBytes
    case 'block':
      return blockBytes + message.block.items.length * itemBytes
    case 'blocks':
      return message.blocks.reduce((sum, { items }) => sum + blockBytes + items.length * itemBytes, 0)
    case 'items':
      return message.items.length * itemBytes
    case 'range-request':
      return 40 + message.locator.length * 32
    case 'place-answer':
      return 160
    case 'status':
    case 'block-request':
    case 'slots-request':
    case 'place-challenge':
      return 100
    default:
      return unreachable(message)
  }
}

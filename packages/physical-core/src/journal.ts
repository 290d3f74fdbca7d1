import type { Hash } from '@groundwork/primitives'
import type { PlotId, Slot } from './types.ts'

/** A durable fact, written before anything that depends on it leaves the node. */
export type PhysicalJournalEntry =
  /** A foliage of ours: of this plot, no other block of this slot is ever signed. */
  | { readonly kind: 'signed'; readonly plotId: PlotId; readonly slot: Slot; readonly hash: Hash }
  /** Nothing is signed at or below this slot any more: stands for entries that were compacted, or lost. */
  | { readonly kind: 'floor'; readonly slot: Slot }

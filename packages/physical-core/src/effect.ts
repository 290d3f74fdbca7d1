import type { Bytes, Hash } from '@groundwork/primitives'
import type { CheckedBlock } from './event.ts'
import type { PhysicalJournalEntry } from './journal.ts'
import type { FarmerEquivocation, Height, Peer, PhysicalMessage, PlotId, Slot, SlotProof } from './types.ts'

/** What the core asks of its host. Effects of one step are performed in order; nothing later goes out before `persist` is durable. */
export type PhysicalEffect =
  /** Append to the journal and make it durable before performing the next effect. */
  | { readonly kind: 'persist'; readonly entries: readonly PhysicalJournalEntry[] }
  /** To everybody: own blocks, slot proofs and items, and evidence. */
  | { readonly kind: 'broadcast'; readonly message: PhysicalMessage }
  /** A valid block, on whatever fork. Parents come before children. A later start replays what was stored. */
  | {
      readonly kind: 'store-block'
      readonly block: CheckedBlock
      readonly hash: Hash
      readonly height: Height
    }
  | { readonly kind: 'store-slot'; readonly proof: SlotProof }
  /** The new root: everything below `height` but the best chain may be dropped. A later start needs the newest, and blocks above it. */
  | { readonly kind: 'store-snapshot'; readonly height: Height; readonly hash: Hash; readonly bytes: Bytes }
  /** The best chain changed: `reverted` (newest first) left it, `adopted` (oldest first) joined it. A plain step forward reverts nothing. */
  | {
      readonly kind: 'tip'
      readonly tip: TipSummary
      readonly reverted: readonly Hash[]
      readonly adopted: readonly Hash[]
    }
  /** Answer with `looked-up`. Only tickets below the target matter: `u` of a ticket is `lotteryNumber(quality, slotChallenge)`. */
  | {
      readonly kind: 'look-up'
      readonly plotId: PlotId
      readonly k: number
      readonly slot: Slot
      readonly seed: Hash
      /** c_s: of the slot. */
      readonly slotChallenge: Hash
      /** Of the plot in this slot: what a proof of space answers. */
      readonly challenge: Hash
      /** A ticket wins if its u is below this; at most 2^64. */
      readonly target: bigint
    }
  /** A ticket won: answer with `proved`. */
  | {
      readonly kind: 'prove'
      readonly plotId: PlotId
      readonly slot: Slot
      readonly seed: Hash
      readonly challenge: Hash
      readonly quality: Hash
      readonly handle: number
    }
  /** Timelords only: make this slot proof, then answer with `evaluated`. A later one replaces it. */
  | {
      readonly kind: 'evaluate'
      readonly slot: Slot
      readonly seed: Hash
      /** Null: the input is the seed, mapped into the group. */
      readonly previous: Bytes | null
      readonly squarings: number
    }
  /** Ask any peer, `hint` first. Said again at each slot while it is missing. */
  | { readonly kind: 'fetch'; readonly want: Want; readonly hint: Peer | null }
  /** For the event log. Carries no duty. */
  | { readonly kind: 'observe'; readonly observation: PhysicalObservation }

export type Want =
  /** A block and its ancestors. */
  | { readonly kind: 'block'; readonly hash: Hash }
  /** Both inclusive. */
  | { readonly kind: 'slots'; readonly seed: Hash; readonly from: Slot; readonly to: Slot }

export interface TipSummary {
  readonly hash: Hash
  readonly height: Height
  readonly slot: Slot
  readonly weight: bigint
}

/** Facts for the event log. */
export type PhysicalObservation =
  | { readonly kind: 'slot-known'; readonly slot: Slot; readonly seed: Hash }
  | { readonly kind: 'won'; readonly slot: Slot; readonly plotId: PlotId; readonly u: bigint }
  | {
      readonly kind: 'block-made' | 'block-accepted'
      readonly hash: Hash
      readonly height: Height
      readonly slot: Slot
      readonly plotId: PlotId
      readonly items: number
    }
  | { readonly kind: 'reorg'; readonly depth: number; readonly from: TipSummary; readonly to: TipSummary }
  | {
      readonly kind: 'epoch'
      readonly epoch: number
      readonly difficulty: bigint
      readonly plots: number
      /** Sum of S_eff: modelled space, since small plots are recomputed in less than a slot. */
      readonly space: bigint
    }
  | { readonly kind: 'equivocation'; readonly evidence: FarmerEquivocation }
  /** Input that was counted and dropped. */
  | {
      readonly kind: 'refused'
      readonly what: 'block' | 'slot' | 'item' | 'ticket'
      readonly reason: string
      readonly from: Peer | null
    }

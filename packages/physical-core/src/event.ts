import type { Bytes, Hash } from '@groundwork/primitives'
import type { Item, Peer, PhysicalBlock, PlotId, Slot, SlotProof } from './types.ts'

/**
 * What a host tells the core. Everything that can be checked from the bytes alone was checked before (`blockChecks`,
 * `itemChecks`, the VDF of a slot proof): the core does the rest.
 */
export type PhysicalEvent =
  /** Once, after the store and the journal were folded. `slot`: where the wall clock is. */
  | { readonly kind: 'start'; readonly slot: Slot }
  /** The wall clock reached the start of `slot`. Missed slots need not be told one by one. */
  | { readonly kind: 'clock'; readonly slot: Slot }
  /** The only plots that this node farms, replacing earlier ones. Whether they are registered is another matter. */
  | { readonly kind: 'plots'; readonly plots: readonly OwnPlot[] }
  /** `live`: gossiped or our own, so worth a look-up; not live: of a sync. */
  | {
      readonly kind: 'slots'
      readonly proofs: readonly SlotProof[]
      readonly live: boolean
      readonly from: Peer | null
    }
  | { readonly kind: 'blocks'; readonly blocks: readonly CheckedBlock[]; readonly from: Peer | null }
  /** For the mempool: from peers, or (`from` null) from whoever asks this node to put them on the chain; those are passed on. */
  | { readonly kind: 'items'; readonly items: readonly OfferedItem[]; readonly from: Peer | null }
  /** Takes items out of the mempool again: they were replaced, or lost their meaning. */
  | { readonly kind: 'withdraw-items'; readonly hashes: readonly Hash[] }
  /** The answer to `look-up`; no tickets, no win. */
  | {
      readonly kind: 'looked-up'
      readonly plotId: PlotId
      readonly slot: Slot
      readonly seed: Hash
      readonly tickets: readonly Ticket[]
    }
  /** The answer to `prove`. */
  | {
      readonly kind: 'proved'
      readonly plotId: PlotId
      readonly slot: Slot
      readonly seed: Hash
      readonly quality: Hash
      readonly proof: Bytes
    }
  /** The answer to `evaluate`. */
  | { readonly kind: 'evaluated'; readonly proof: SlotProof }

export interface OfferedItem {
  readonly item: Item
  /** Within its lane, higher goes first; equal ones go by hash. An integer. */
  readonly priority: number
}

export interface OwnPlot {
  readonly plotId: PlotId
  readonly k: number
}

/** What a plot (or a nonce) gives for a challenge: the lottery needs the quality only, the proof is made for winners. */
export interface Ticket {
  /** 32 bytes. */
  readonly quality: Hash
  /** Whatever the host finds the proof by. */
  readonly handle: number
}

/** A block whose signature, proof of space and items' signatures and proofs are good. */
export interface CheckedBlock {
  readonly block: PhysicalBlock
  /** Of the trunk's proof for the trunk's challenge. */
  readonly quality: Hash
}

import type { DeriveRecord, DeriveState, Height } from '@groundwork/hybrid-core'
import type { Item, PlotId } from '@groundwork/physical-core'
import type { Bytes, Hash } from '@groundwork/primitives'
import type { Certificate, FinalChain } from '@groundwork/stake-core'
import type { FollowerJournalEntry } from './journal.ts'

/** What the follower asks of its host, in order; nothing later goes out before `persist` is durable. */
export type FollowerEffect =
  /** Append to the journal and make it durable before performing the next effect. */
  | { readonly kind: 'persist'; readonly entries: readonly FollowerJournalEntry[] }
  /** Put these on the physical chain: into the own mempool, or to farmers (at least three). Said again while they are missing. */
  | { readonly kind: 'items'; readonly why: ItemPurpose; readonly items: readonly Item[] }
  /** Find a proof of space for the first of these challenges that has one; answer with `spaceProof`. */
  | {
      readonly kind: 'look-up'
      readonly plotId: PlotId
      readonly k: number
      readonly window: number
      readonly targetHash: Hash
      /** By attempt. */
      readonly challenges: readonly Hash[]
    }
  /** A state to keep: with it a start need not derive from genesis. `snapshotsToKeep` says which older ones may go. */
  | { readonly kind: 'store-snapshot'; readonly height: Height; readonly hash: Hash; readonly bytes: Bytes }
  /** The branch begins above a block that is not known (`knows`): feed its ancestors first. Nothing was changed. */
  | { readonly kind: 'missing'; readonly hash: Hash; readonly height: Height }
  /** For the event log: a block of the best branch was derived. Carries no duty. */
  | {
      readonly kind: 'derived'
      readonly height: Height
      readonly hash: Hash
      /** I10. */
      readonly root: Hash
      /** After it: of many that are derived at once the follower itself keeps the newest only. */
      readonly state: DeriveState
      readonly records: readonly DeriveRecord[]
    }
  /** For the event log: the best branch left `depth` blocks. */
  | { readonly kind: 'reorg'; readonly depth: number; readonly fork: Height; readonly tip: Hash }
  /** Stake blocks that this node now answers for in `fast`. */
  | { readonly kind: 'delivered'; readonly blocks: readonly DeliveredBlock[] }
  /** R5a: final, but too near the deadline to be handed out; until the checkpoint is confirmed. */
  | { readonly kind: 'pending'; readonly blocks: readonly DeliveredBlock[] }
  /** Never silent: something that clients may have been told does not hold, or contradicts a certificate. */
  | { readonly kind: 'hazard'; readonly hazard: Hazard }
  /** Which epoch of the stake chain validators should be in has changed: see `stakeEpoch`. */
  | { readonly kind: 'stake-epoch'; readonly number: number; readonly id: Hash }

export type ItemPurpose = 'checkpoint' | 'recorded-vote' | 'space-vote' | 'evidence'

export interface DeliveredBlock {
  /** Null if it was never executed here. */
  readonly epoch: number | null
  readonly epochId: Hash
  readonly height: number
  readonly hash: Hash
}

/**
 * `confirmed-reverted`: a reorganisation deeper than kappa, with what it took from `anchored`.
 * `fast-reverted`: delivered blocks that the best branch will never hold. `final-void`: final blocks that were never
 * delivered and never will be. `final-conflict`: two final chains. `final-invalid`: certified, but not executable here.
 */
export type HazardKind =
  | 'confirmed-reverted'
  | 'fast-reverted'
  | 'final-void'
  | 'final-conflict'
  | 'final-invalid'

export interface Hazard {
  readonly kind: HazardKind
  /** In a word, for people: `anchor-orphaned`, `recorded`, `other-checkpoint`, or the fault of a block. */
  readonly reason: string
  /** Of the physical chain: the tip, and the last block that old and new branch share. */
  readonly branch: { readonly tip: Hash; readonly height: Height; readonly fork: Height }
  /** What was held, oldest first, and what stands against it, if it is known. */
  readonly lost: readonly DeliveredBlock[]
  readonly instead: readonly DeliveredBlock[]
  readonly certificates: readonly Certificate[]
  /** Both chains of a `final-conflict`, from their common ancestor or as much as is held; the other alone, if it shows nothing. */
  readonly chains: readonly FinalChain[]
}

import type {
  DeriveContext,
  DeriveGenesis,
  DeriveState,
  derive,
  Height,
  PhysicalInput,
  PhysicalView,
} from '@groundwork/hybrid-core'
import type { Item, OwnPlot, PlotId, Slot } from '@groundwork/physical-core'
import type { Bytes, Hash } from '@groundwork/primitives'
import type { Block, Certificate, Epoch, Evidence, FinalChain, Header, Verify } from '@groundwork/stake-core'
import type { FollowerEffect, Hazard } from './effect.ts'
import type { FollowerJournalEntry } from './journal.ts'
import type { Ledgers, TransactionStatus } from './ledger.ts'

/** `halt`: after a hazard the ledgers stay as they were, and a person decides. `follow-physical`: they follow the best branch. */
export type OnConflict = 'halt' | 'follow-physical'

export interface FollowerInit {
  readonly genesis: DeriveGenesis
  /** Shared with admission, through `verifiedSignatures`: nothing is verified twice. */
  readonly verify: Verify
  readonly verifySpace: DeriveContext['verifySpace']
  readonly onConflict: OnConflict
  /** For spaceTimeCost. */
  readonly slotMs: number
  /** Null: no validator, signs no recorded votes. */
  readonly validator: Signer | null
  /** Null: no farmer, signs no space votes. */
  readonly farmer: Signer | null
  /** Newest of `store-snapshot` that lies on the best branch; without one everything is derived from genesis. */
  readonly snapshot?: Bytes
  /** What `persist` wrote. */
  readonly journal?: readonly FollowerJournalEntry[]
  /** Roots of blocks that this node derived before: they are derived again without checking signatures. */
  readonly knownRoot?: (height: Height, hash: Hash) => Hash | null
  /** Instead of `derive` itself: the same function with a memory, where many nodes live in one process. */
  readonly derive?: typeof derive
  /**
   * Physical blocks below the tip whose states are all kept; below them some are. 64 by default, or what the rules ask for.
   * Of delivered blocks that have left the newer half of them the names stay, of up to 4,096, for reorganisations that reach below.
   */
  readonly keepBlocks?: number
  /** A snapshot at every so many heights. */
  readonly snapshotBlocks?: number
}

export interface Signer {
  readonly publicKey: Bytes
  readonly sign: (message: Bytes) => Bytes
}

/** The best branch went on, or another became the best. */
export interface PhysicalStep {
  /** What joined it, oldest first, at least one; on top of a block that the follower knows. */
  readonly adopted: readonly PhysicalInput[]
  /** A part of a long way to the tip: derived, but nothing else follows from it until the rest is there. */
  readonly more?: boolean
}

/** Blocks of the stake chain that became final, oldest first, on top of what was told before; the certificate covers the last. */
export interface FinalSegment {
  readonly blocks: readonly Block[]
  /** R11: headers from the last block (exclusive) to the one that the certificate names; empty children of a terminal block. */
  readonly path?: readonly Header[]
  readonly certificate: Certificate
}

/**
 * What a node that follows both chains makes of them. Total: bad input is recorded, never thrown. Deterministic in what
 * is derived; what is delivered depends also on when certificates came.
 */
export interface HybridFollower {
  readonly context: DeriveContext
  physical(step: PhysicalStep): readonly FollowerEffect[]
  /** After `missing`: begins again from a snapshot on the new branch, or (null) from genesis. The blocks above are fed next. */
  rewind(snapshot: Bytes | null): void
  /** Where the wall clock is: a tip that is old is no tip to sign or deliver on. */
  clock(slot: Slot): readonly FollowerEffect[]
  /** After a start, everything above the snapshot's tip is told again. */
  finalized(segment: FinalSegment): readonly FollowerEffect[]
  /** Of another chain than ours, as the stake chain has it: evidence, and a hazard. */
  conflicting(chain: FinalChain): readonly FollowerEffect[]
  /** Votes that contradict each other, with headers of blocks they are for. */
  accuse(evidence: Evidence, headers: readonly Header[]): readonly FollowerEffect[]
  /** Items that wait for a block: votes and checkpoints among them may show offences. */
  offered(items: readonly Item[]): readonly FollowerEffect[]
  /** Plots that this node votes for. */
  plots(own: readonly OwnPlot[]): readonly FollowerEffect[]
  /** The answer to `look-up`. */
  spaceProof(answer: SpaceProof): readonly FollowerEffect[]

  /** Whether the state after this physical block is at hand: where feeding may begin. */
  knows(hash: Hash): boolean
  /** After a physical block within `keepBlocks` of the tip, on whatever branch. */
  stateOf(hash: Hash): DeriveState | null
  /** For the stake chain's block rules; a new one after each change and in each slot. */
  view(): PhysicalView
  /** At the tip of the best branch. */
  readonly state: DeriveState
  /** Kappa below it. */
  readonly confirmed: DeriveState
  ledgers(): Ledgers
  /** Null if none of the last blocks has it. */
  transaction(id: Hash): TransactionStatus | null
  /** R11: the epoch that validators sign in, as far as the physical chain decides: an exit counts once it is kappa deep. */
  stakeEpoch(): StakeEpoch
  readonly hazards: readonly Hazard[]
  /** After a hazard under `halt`. */
  readonly isHalted: boolean
}

export interface SpaceProof {
  readonly plotId: PlotId
  readonly window: number
  readonly targetHash: Hash
  readonly attempt: number
  readonly proof: Bytes
}

export interface StakeEpoch {
  readonly epoch: Epoch
  /** RECORDED: nobody signs on the stake chain. */
  readonly isRecorded: boolean
  /** The confirmed state whose tip, ledger and epoch a new stake chain begins with. */
  readonly base: DeriveState
}

import type { Ledger, Transaction } from '@groundwork/ledger'
import type { Hash } from '@groundwork/primitives'
import type { AdmittedProposal, AdmittedTransaction } from './event.ts'
import type { Mempool } from './mempool.ts'
import type {
  Certificate,
  Epoch,
  Header,
  Height,
  Justification,
  Parameters,
  Proposal,
  View,
} from './types.ts'

/** The state after a block. Rule sets add what they need to extend it; the core reads the accounts only. Never changes. */
export interface Position {
  readonly ledger: Ledger
}

/** A block that others build on: one above the floor, the floor itself, or an epoch's genesis (view 0). */
export interface ParentBlock {
  readonly view: View
  readonly height: Height
  readonly hash: Hash
  readonly position: Position
}

export type Extended =
  | { readonly kind: 'extended'; readonly position: Position }
  /** Provably invalid, for everybody and for ever: whoever sees it skips at once. */
  | { readonly kind: 'fault'; readonly reason: string }
  /** Cannot be judged with what is known of the physical chain: looked at again after the next `physical` event. */
  | { readonly kind: 'wait'; readonly reason: string }

/** What a leader's block says beyond consensus. */
export interface Draft
  extends Pick<Header, 'anchor' | 'forcedRoot' | 'stateRoot' | 'credit' | 'nextValidatorsHash'> {
  readonly transactions: readonly AdmittedTransaction[]
}

/** What a leader has at hand when its turn comes. */
export interface DraftRequest {
  /** The header so far; a draft replaces what it is to say, and the root of the transactions. */
  readonly header: Header
  readonly justification: Justification
  readonly pool: Mempool
  readonly limits: Pick<Parameters, 'maxBodyBytes' | 'maxBodyTransactions'>
}

/** Where an epoch begins: enough to make its core. */
export interface EpochStart {
  readonly epoch: Epoch
  /** View 0 and no certificate, unless the epoch is entered at a later block. */
  readonly head: {
    readonly view: View
    readonly height: Height
    readonly hash: Hash
    readonly certificate: Certificate | null
    /** Where the physical chain began it: stored blocks above this height may be void; `height` if left out. */
    readonly keep?: Height
  }
  readonly position: Position
  readonly rules: BlockRules
}

/** R11: what shows a node of an ended epoch that it ended. */
export interface EndProof {
  /** FINAL, for the terminal block or for one of its empty children. */
  readonly final: Certificate
  /** From the terminal block (exclusive) to the block that the certificate names, oldest first. */
  readonly children: readonly Proposal[]
}

/**
 * What a block means beyond consensus: which anchors, which state, when to vote. One object serves one epoch. It may
 * keep a view of the physical chain, which changes with `physical` only; everything else is a function of that view and
 * the arguments, so that equal events give equal cores.
 */
export interface BlockRules {
  /** How often the physical chain had begun an epoch by itself: epochs are ordered by this, then by their number. */
  readonly generation: number
  /** Why no block may hold such a transaction, as a code, or null. */
  refusal(transaction: Transaction): string | null
  /**
   * What a block makes of its parent's state. Consensus was checked before: epoch, parent, height, validator set,
   * justification, body and all signatures. Total. A position, once given, holds on whatever branch of the physical
   * chain: the block's anchor names the branch.
   */
  extend(parent: ParentBlock, block: AdmittedProposal): Extended
  /** Voting rules that pass with time (AN-2, FR-1): false is no fault, the block is looked at again. */
  mayNotarize(position: Position): boolean
  /** Whether the block keeps the rules on the best physical branch known: none is finalized, nor voted FINAL, that does not. */
  holds(position: Position): boolean
  /**
   * Whether final blocks, in order from just above the floor, may become the floor: not while another chain might be the
   * right one, whatever certificates say. False is no fault; asked again after the next `physical` event.
   */
  mayFinalize(segment: readonly Position[]): boolean
  /** R12: while false nothing is signed, the timers of views stand still, and no leader proposes. */
  maySign(): boolean
  /** What to propose on top of `parent`; null: nothing yet (asked again after the next `physical` event). */
  draft(parent: ParentBlock, request: DraftRequest): Draft | null
  /** R11: whether this is the last block of its epoch, or an empty child of it. */
  ends(position: Position): boolean
  /** R11: the epoch after the one that ends with this position; called only if it `ends`. */
  successor(position: Position): EpochStart
  /**
   * Takes a new view of the physical chain, in the shape that the rules know. Not null if that chain has ended this epoch
   * by itself (an exit from RECORDED): then nothing more is signed here.
   */
  physical(view: object): EpochStart | null
}

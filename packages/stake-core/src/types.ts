import type { TransactionBytes } from '@groundwork/ledger'
import type { Bytes, Hash } from '@groundwork/primitives'

/** A position in the epoch's validator set. */
export type ValidatorIndex = number
export type View = number
/** The name of a process in the network; twins are two peers with one validator index. */
export type Peer = string
export type Height = number

export interface Validator {
  /** 32 bytes. */
  readonly publicKey: Bytes
  /** A positive integer; the sum over a set stays below 2^48. */
  readonly weight: number
}

export interface ValidatorSet {
  readonly validators: readonly Validator[]
  /** W, the sum of weights. */
  readonly total: number
  /** q = floor(2W/3) + 1. */
  readonly quorum: number
  readonly hash: Hash
}

/** What every vote, header and certificate of an epoch is bound to. */
export interface Epoch {
  /** H(chainId, epoch, genesisHash, validators hash). */
  readonly id: Hash
  readonly chainId: Hash
  readonly number: number
  /** The block that the epoch's first block extends: the chain's genesis, or the terminal block of the epoch before. */
  readonly genesisHash: Hash
  readonly validators: ValidatorSet
  /** Seed of the leader schedule. */
  readonly seed: Hash
}

export type VoteType = 'notar' | 'skip' | 'final'

export interface Vote {
  readonly epochId: Hash
  readonly view: View
  readonly type: VoteType
  /** The block's hash; zero for a skip. */
  readonly hash: Hash
  readonly voter: ValidatorIndex
  /** 64 bytes. */
  readonly signature: Bytes
}

export interface VoteSignature {
  readonly voter: ValidatorIndex
  readonly signature: Bytes
}

/** Votes of weight >= q for one (view, type, hash): a list of individual signatures, so that any two give evidence. */
export interface Certificate {
  readonly epochId: Hash
  readonly view: View
  readonly type: VoteType
  readonly hash: Hash
  /** Distinct voters in ascending order. */
  readonly signatures: readonly VoteSignature[]
}

export interface Header {
  readonly epochId: Hash
  readonly view: View
  readonly height: Height
  readonly parentHash: Hash
  readonly parentView: View
  readonly justificationRoot: Hash
  /** A block of the physical chain; height 0 and the zero hash while there is none. */
  readonly anchor: { readonly height: number; readonly hash: Hash }
  readonly forcedRoot: Hash
  readonly transactionsRoot: Hash
  readonly stateRoot: Hash
  /** Byte credit on the physical chain, 0 while there is none. */
  readonly credit: number
  readonly validatorsHash: Hash
  readonly nextValidatorsHash: Hash
  readonly proposer: ValidatorIndex
}

/** Why a block may extend its parent although views lie in between. */
export interface Justification {
  /** A NOTAR or FINAL certificate of the parent; null if the parent is the epoch's genesis. */
  readonly parent: Certificate | null
  /** One SKIP certificate for every view strictly between the parent's and the block's, ascending. */
  readonly skips: readonly Certificate[]
}

export interface Block {
  readonly header: Header
  readonly justification: Justification
  readonly body: readonly TransactionBytes[]
}

export interface Proposal {
  readonly block: Block
  /** 64 bytes, the proposer's, over the header. */
  readonly signature: Bytes
}

/** A header with its justification: what a chain proves itself with, without bodies. */
export type JustifiedHeader = Pick<Block, 'header' | 'justification'>

/** A summary that a peer which is ahead answers with certificates. */
export interface Status {
  readonly epochId: Hash
  readonly view: View
  readonly finalView: View
  readonly finalHash: Hash
}

/** What validators say to each other. */
export type Message =
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'transactions'; readonly transactions: readonly TransactionBytes[] }
  | { readonly kind: 'block-request'; readonly hash: Hash; readonly ancestors: number }
  /** The block asked for first, then its ancestors, newest first. */
  | { readonly kind: 'block-response'; readonly proposals: readonly Proposal[] }

/** Timing and limits that all validators of a chain share (the genesis file fixes them). Times in milliseconds. */
export interface Parameters {
  /** No proposal earlier than this after entering a view. */
  readonly minViewTimeMs: number
  /** T_0 of R8; at least minViewTimeMs + 3 times the assumed delay bound + execution. */
  readonly timeoutBaseMs: number
  readonly timeoutMaxMs: number
  /** T_s of R7. */
  readonly standstillMs: number
  readonly fetchRetryMs: number
  readonly fetchRetryMaxMs: number
  readonly maxBodyBytes: number
  readonly maxBodyTransactions: number
  /** Skip certificates in one justification. */
  readonly maxSkips: number
}

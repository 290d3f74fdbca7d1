import type { Account, Ledger } from '@groundwork/ledger'
import type { Bytes, Hash } from '@groundwork/primitives'
import type {
  Certificate,
  EndProof,
  FinalizedBlock,
  Height,
  JournalEntry,
  Peer,
} from '@groundwork/stake-core'

/** Synchronous interpreters (the simulator's) return void, others a promise; the driver awaits only the latter. */
export type Done = void | Promise<void>

/**
 * Frames between named peers. Delivery is not reliable, order within a peer is kept while a connection lives. Topics are
 * what the nodes of one network publish.
 */
export interface Transport<T extends string = Topic> {
  /** To every peer that is connected now, over direct streams. */
  broadcast(frame: Bytes): void
  send(to: Peer, frame: Bytes): void
  /** To everybody by gossip. */
  publish(topic: T, frame: Bytes): void
}

/** Of the stake chain: proposals and batches of transactions. */
export type Topic = 'proposals' | 'transactions'

/** What a transport tells its host. `lane` says how the frame came. */
export interface TransportEvents<T extends string = Topic> {
  frame(from: Peer, frame: Bytes, lane: 'direct' | T): void
  peerUp(peer: Peer): void
  peerDown(peer: Peer, reason: string): void
}

/** The sign journal and everything else that must survive a crash before it is acted upon. One owner per key, enforced by a lock. */
export interface Journal<Entry = JournalEntry> {
  /** Resolves when the entries are durable. */
  append(entries: readonly Entry[]): Done
  /** Drops what a later start does not need: replaces the content by `entries`, atomically. */
  compact(entries: readonly Entry[]): Done
  close(): Done
}

/** Finalized blocks and the ledger after the newest of them. */
export interface BlockStore {
  /**
   * Atomic and durable. Blocks follow the stored head without a gap. With `end` the last block is its epoch's last: its
   * empty children can then be had by hash, and the certificate by `endOf`.
   */
  append(blocks: readonly FinalizedBlock[], certificate: Certificate, ledger: Ledger, end?: EndProof): Done
  /**
   * An epoch begins as the physical chain decides (R11): what is stored above `base.keep` may be void and is no part of
   * the chain any more, the next block has `base.hash` for its parent, and the ledger is another. Atomic and durable. Void
   * blocks stay to be had by hash.
   */
  rebase(base: StoredBase, ledger: Ledger): Done
  /** R11: the FINAL certificate with which an epoch ended; undefined if this store did not see it end. */
  endOf(epochId: Hash): Certificate | undefined | Promise<Certificate | undefined>
  /** Undefined before the first block. */
  head(): Promise<StoredHead | undefined>
  /** A value at once where the interpreter is synchronous. */
  blockByHash(hash: Hash): FinalizedBlock | undefined | Promise<FinalizedBlock | undefined>
  blockByHeight(height: Height): Promise<FinalizedBlock | undefined>
  ledger(): Promise<Ledger>
  account(address: Bytes): Promise<Account>
  close(): Done
}

/** As `EpochStart.head` has it. */
export interface StoredBase {
  readonly height: Height
  readonly hash: Hash
  /** `height` if left out. */
  readonly keep?: Height
}

export interface StoredHead {
  readonly height: Height
  readonly hash: Hash
  /** The FINAL certificate that covers the head; null where the physical chain began an epoch, before its first block. */
  readonly certificate: Certificate | null
}

/** Time as the host knows it; the core never sees it. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number
  schedule(afterMs: number, callback: () => void): void
}

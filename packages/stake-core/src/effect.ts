import type { Ledger } from '@groundwork/ledger'
import type { Hash } from '@groundwork/primitives'
import type { Timer } from './event.ts'
import type { Evidence } from './evidence.ts'
import type { JournalEntry } from './journal.ts'
import type { EndProof, EpochStart } from './rules.ts'
import type {
  Block,
  Certificate,
  Height,
  JustifiedHeader,
  Message,
  Peer,
  ValidatorIndex,
  View,
  VoteType,
} from './types.ts'

/** What the core asks of its host. Effects of one step are performed in order; nothing later goes out before `persist` is durable. */
export type Effect =
  /** Append to the journal and make it durable before performing the next effect. */
  | { readonly kind: 'persist'; readonly entries: readonly JournalEntry[] }
  /** To every other validator. Votes, certificates and status directly; proposals and transactions may use gossip. */
  | { readonly kind: 'broadcast'; readonly message: Message }
  | { readonly kind: 'send'; readonly to: Peer; readonly message: Message }
  /** Deliver `{ kind: 'timer', timer }` after `afterMs`. Timers are never cancelled: the core ignores stale ones. */
  | { readonly kind: 'timer'; readonly timer: Timer; readonly afterMs: number }
  /** Blocks that became final, in order, with the certificate that covers the last: store them and the ledger after them, atomically and durably. */
  | {
      readonly kind: 'finalize'
      readonly blocks: readonly FinalizedBlock[]
      readonly certificate: Certificate
      readonly ledger: Ledger
      /** R11: the last block is the epoch's last. The certificate may be for an empty child of it. */
      readonly end?: EndProof
    }
  /**
   * R11: this core is done, for good. The next epoch begins with `next`: after its terminal block, which `finalize` named
   * before, or as the physical chain decides; then `rebased`, and stored blocks above `next.head.keep` are void.
   */
  | { readonly kind: 'ended'; readonly next: EpochStart; readonly rebased: boolean }
  /** For the event log. Carries no duty. */
  | { readonly kind: 'observe'; readonly observation: Observation }

export interface FinalizedBlock {
  readonly block: Block
  readonly hash: Hash
  readonly signature: Uint8Array
  readonly transactionIds: readonly Hash[]
}

/** Facts for the event log. */
export type Observation =
  | {
      readonly kind: 'view-entered'
      readonly view: View
      readonly leader: ValidatorIndex
      readonly cause: 'start' | 'notar' | 'skip' | 'final'
    }
  | {
      readonly kind: 'proposed'
      readonly view: View
      readonly height: Height
      readonly hash: Hash
      readonly transactions: number
    }
  | {
      readonly kind: 'proposal-received'
      readonly view: View
      readonly height: Height
      readonly hash: Hash
      readonly proposer: ValidatorIndex
    }
  | {
      readonly kind: 'proposal-invalid'
      readonly view: View
      readonly hash: Hash
      readonly proposer: ValidatorIndex
      readonly reason: string
    }
  | { readonly kind: 'voted'; readonly view: View; readonly type: VoteType; readonly hash: Hash }
  | {
      readonly kind: 'certified'
      readonly view: View
      readonly type: VoteType
      readonly hash: Hash
      readonly formed: boolean
    }
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  /**
   * A FINAL certificate for a block that contradicts our own chain: at least a third of the stake broke the rules. `blocks`
   * is what is held of its chain, oldest first; the last one is certified.
   */
  | {
      readonly kind: 'conflict'
      readonly certificate: Certificate
      readonly blocks: readonly JustifiedHeader[]
    }
  | { readonly kind: 'ignored'; readonly what: string; readonly reason: string }

import type { Execution, Height } from '@groundwork/hybrid-core'
import type { Hash } from '@groundwork/primitives'

/** A state that a client may be told, and where it stands in both chains. `proveState` makes account proofs of it. */
export interface LedgerPoint {
  /** `stateRootOf(execution)` is what proofs are checked against. */
  readonly execution: Execution
  /** The last block of the stake chain in it. */
  readonly stake: { readonly epoch: number; readonly height: number; readonly hash: Hash }
  /** Every forced transaction up to this block of the physical chain is in it. */
  readonly physicalHeight: Height
}

/** 2.6: `anchored` is a prefix of `fast` and of `phys`, unless a hazard says otherwise. */
export interface Ledgers {
  /** Final, executed, valid on the best branch, and delivered (R5a). */
  readonly fast: LedgerPoint
  /** The stake chain up to a confirmed checkpoint, or what RECORDED has finalised. */
  readonly anchored: LedgerPoint
  /** Last confirmed checkpoint and the forced transactions above it, in the order of the physical chain. */
  readonly phys: LedgerPoint
}

export type LedgerName = keyof Ledgers

/** What this node can say about a transaction of the last blocks. */
export interface TransactionStatus {
  /** Where it was executed. A forced one may have had no effect: then `code` says why. */
  readonly included:
    | { readonly by: 'stake'; readonly height: number; readonly hash: Hash }
    | {
        readonly by: 'forced'
        readonly posted: Height
        /** Physical block that made it part of the state; null while it only waits in order. */
        readonly executed: Height | null
        readonly code: string | null
      }
  readonly fast: boolean
  readonly anchored: boolean
  readonly phys: boolean
  /** Stake that burns if this is ever reverted while the certificate behind it stands; null without a certificate. */
  readonly valueAtLoss: number | null
  /** Space times time (bytes of space * ms) to reorganise the physical chain below it; null while it is not on it. */
  readonly spaceTimeCost: bigint | null
}

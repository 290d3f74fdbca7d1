import type { Bytes, Hash } from '@groundwork/primitives'
import type { Transfer } from './transfer.ts'

export interface Account {
  readonly balance: bigint
  readonly nonce: number
}

export type RejectCode = 'NONCE_PAST' | 'NONCE_FUTURE' | 'BALANCE' | 'OVERFLOW'

/** A persistent (immutable, structure-sharing) ledger: `apply` leaves the old one intact, so forks cost nothing. */
export interface Ledger {
  /** Merkle root over all accounts; independent of the order in which they were written. */
  readonly root: Hash
  readonly size: number
  account(address: Bytes): Account
  /** All accounts in the order of their addresses' hashes. */
  entries(): Iterable<readonly [address: Bytes, account: Account]>
  set(address: Bytes, account: Account): Ledger
}

export declare function emptyLedger(): Ledger

/** Why a (correctly signed) transfer cannot be applied now, or undefined. */
export declare function checkTransfer(ledger: Ledger, transfer: Transfer): RejectCode | undefined

/** Moves amount, burns fee, counts the nonce. Throws `LEDGER_REJECTED` where `checkTransfer` gives a code. */
export declare function applyTransfer(ledger: Ledger, transfer: Transfer): Ledger

import type { Transaction } from '@groundwork/ledger'
import { decodeTransaction, senderOf, type TransactionBytes } from '@groundwork/ledger'
import { type Bytes, CodedError, equal } from '@groundwork/primitives'

/** It pays, or is paid by, this account. */
export function touches(transaction: Transaction, account: Bytes): boolean {
  if (equal(senderOf(transaction), account)) return true
  return transaction.kind === 'transfer' && equal(transaction.transfer.to, account)
}

/** The same of what may be no transaction at all. */
export function bytesTouch(bytes: TransactionBytes, account: Bytes): boolean {
  try {
    return touches(decodeTransaction(bytes), account)
  } catch (error) {
    if (error instanceof CodedError) return false
    throw error
  }
}

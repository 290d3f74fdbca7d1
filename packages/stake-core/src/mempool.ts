import { applyTransfer, checkTransfer, type Ledger } from '@groundwork/ledger'
import { type Hex, toHex } from '@groundwork/primitives'
import type { AdmittedTransaction } from './event.ts'

export const maxPooled = 20_000
/** How far ahead of its account a transaction's nonce may run. */
export const maxNonceGap = 256

/** Transactions waiting for a block: per sender by nonce, senders in the order of their arrival. */
export interface Mempool {
  readonly senders: Map<Hex, Map<number, AdmittedTransaction>>
  size: number
}

export function createMempool(): Mempool {
  return { senders: new Map(), size: 0 }
}

/** Why the pool does not take a transaction, or null. Balance is not asked: earlier transfers may still bring it. */
export function poolFault(pool: Mempool, ledger: Ledger, { transfer }: AdmittedTransaction): string | null {
  const { nonce } = ledger.account(transfer.from)
  if (transfer.nonce < nonce) return 'nonce-past'
  if (transfer.nonce > nonce + maxNonceGap) return 'nonce-too-far'
  if (pool.senders.get(toHex(transfer.from))?.has(transfer.nonce)) return 'nonce-taken'
  return pool.size >= maxPooled ? 'pool-full' : null
}

export function addToPool(pool: Mempool, transaction: AdmittedTransaction): void {
  const sender = toHex(transaction.transfer.from)
  const queue = pool.senders.get(sender) ?? new Map<number, AdmittedTransaction>()
  pool.senders.set(sender, queue)
  queue.set(transaction.transfer.nonce, transaction)
  pool.size++
}

/** Drops what can never apply again after `ledger`. */
export function purgePool(pool: Mempool, ledger: Ledger, touched: Iterable<AdmittedTransaction>): void {
  for (const { transfer } of touched) {
    const sender = toHex(transfer.from)
    const queue = pool.senders.get(sender)
    if (queue === undefined) continue
    const { nonce } = ledger.account(transfer.from)
    for (const pooled of queue.keys()) {
      if (pooled < nonce && queue.delete(pooled)) pool.size--
    }
    if (queue.size === 0) pool.senders.delete(sender)
  }
}

/** Transactions that apply on `ledger` one after the other, one per sender and turn, within the limits of a body. */
export function selectTransactions(
  pool: Mempool,
  ledger: Ledger,
  limits: { readonly maxTransactions: number; readonly maxBytes: number },
): { readonly transactions: AdmittedTransaction[]; readonly ledger: Ledger } {
  const transactions: AdmittedTransaction[] = []
  let after = ledger
  let bytes = 4
  for (let found = true; found; ) {
    found = false
    for (const queue of pool.senders.values()) {
      const next = queue.get(after.account(firstOf(queue).transfer.from).nonce)
      if (next === undefined || checkTransfer(after, next.transfer) !== undefined) continue
      bytes += next.bytes.length + 4
      if (transactions.length >= limits.maxTransactions || bytes > limits.maxBytes)
        return { transactions, ledger: after }
      after = applyTransfer(after, next.transfer)
      transactions.push(next)
      found = true
    }
  }
  return { transactions, ledger: after }
}

function firstOf(queue: Map<number, AdmittedTransaction>): AdmittedTransaction {
  return queue.values().next().value as AdmittedTransaction
}

import { type Account, type Ledger, senderOf, type Transaction } from '@groundwork/ledger'
import { type Bytes, type Hex, toHex } from '@groundwork/primitives'
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
export function poolFault(
  pool: Mempool,
  ledger: Ledger,
  { transaction }: AdmittedTransaction,
): string | null {
  const sender = senderOf(transaction)
  const wanted = nonceOf(transaction)
  const { nonce } = ledger.account(sender)
  if (wanted < nonce) return 'nonce-past'
  if (wanted > nonce + maxNonceGap) return 'nonce-too-far'
  if (pool.senders.get(toHex(sender))?.has(wanted)) return 'nonce-taken'
  return pool.size >= maxPooled ? 'pool-full' : null
}

export function addToPool(pool: Mempool, transaction: AdmittedTransaction): void {
  const sender = toHex(senderOf(transaction.transaction))
  const queue = pool.senders.get(sender) ?? new Map<number, AdmittedTransaction>()
  pool.senders.set(sender, queue)
  queue.set(nonceOf(transaction.transaction), transaction)
  pool.size++
}

/** Drops what can never apply again after `ledger`. */
export function purgePool(pool: Mempool, ledger: Ledger, touched: Iterable<AdmittedTransaction>): void {
  for (const { transaction } of touched) purgeSender(pool, ledger, senderOf(transaction))
}

/** The same for everybody: forced transactions move accounts on without being in a body. */
export function purgeAll(pool: Mempool, ledger: Ledger): void {
  for (const queue of [...pool.senders.values()])
    purgeSender(pool, ledger, senderOf(firstOf(queue).transaction))
}

function purgeSender(pool: Mempool, ledger: Ledger, address: Bytes): void {
  const sender = toHex(address)
  const queue = pool.senders.get(sender)
  if (queue === undefined) return
  const { nonce } = ledger.account(address)
  for (const pooled of queue.keys()) {
    if (pooled < nonce && queue.delete(pooled)) pool.size--
  }
  if (queue.size === 0) pool.senders.delete(sender)
}

/** What transactions are executed on, and the limits of a body. */
export interface Selection<State> {
  accountOf(state: State, sender: Bytes): Account
  /** Null if the transaction cannot be applied. */
  apply(state: State, transaction: AdmittedTransaction): State | null
  readonly maxTransactions: number
  readonly maxBytes: number
}

/** Transactions that apply on `start` one after the other, one per sender and turn, within the limits of a body. */
export function selectTransactions<State>(
  pool: Mempool,
  start: State,
  { accountOf, apply, maxTransactions, maxBytes }: Selection<State>,
): { readonly transactions: AdmittedTransaction[]; readonly state: State } {
  const transactions: AdmittedTransaction[] = []
  let state = start
  let bytes = 4
  for (let found = true; found; ) {
    found = false
    for (const queue of pool.senders.values()) {
      const next = queue.get(accountOf(state, senderOf(firstOf(queue).transaction)).nonce)
      const after = next === undefined ? null : apply(state, next)
      if (next === undefined || after === null) continue
      bytes += next.bytes.length + 4
      if (transactions.length >= maxTransactions || bytes > maxBytes) return { transactions, state }
      state = after
      transactions.push(next)
      found = true
    }
  }
  return { transactions, state }
}

function nonceOf(transaction: Transaction): number {
  return transaction.kind === 'transfer' ? transaction.transfer.nonce : transaction.nonce
}

function firstOf(queue: Map<number, AdmittedTransaction>): AdmittedTransaction {
  return queue.values().next().value as AdmittedTransaction
}

import { assert, type Bytes, CodedError, equal, type Hash } from '@groundwork/primitives'
import type { Transfer } from './transfer.ts'
import {
  type Account,
  differences,
  find,
  insert,
  keyOf,
  leaf,
  leaves,
  remove,
  rootOf,
  type Trie,
} from './trie.ts'

export type RejectCode = 'NONCE_PAST' | 'NONCE_FUTURE' | 'BALANCE' | 'OVERFLOW'

/** A persistent (immutable, structure-sharing) ledger: `apply` leaves the old one intact, so forks cost nothing. */
export interface Ledger {
  /** Merkle root over all accounts, computed when first asked for; independent of the order of writes. Zero if empty. */
  readonly root: Hash
  /** The number of accounts that are not empty. */
  readonly size: number
  /** The accounts themselves; immutable. */
  readonly trie: Trie
  /** `address` is 32 bytes. An unknown address has balance 0 and nonce 0. */
  account(address: Bytes): Account
  /** All accounts in the order of their addresses' hashes. */
  entries(): Iterable<readonly [address: Bytes, account: Account]>
  /** Writing balance 0 and nonce 0 removes the account: an empty one and an unknown one are the same. */
  set(address: Bytes, account: Account): Ledger
}

/** What a block body does to a ledger: all of it, or nothing from the first transfer that cannot be applied. */
export type Execution =
  | { readonly kind: 'applied'; readonly ledger: Ledger }
  | { readonly kind: 'rejected'; readonly index: number; readonly code: RejectCode }

const maxU64 = (1n << 64n) - 1n
const emptyAccount: Account = { balance: 0n, nonce: 0 }

export function emptyLedger(): Ledger {
  return fromTrie(undefined, 0)
}

function fromTrie(trie: Trie, size: number): Ledger {
  return {
    trie,
    size,
    get root() {
      return rootOf(trie)
    },
    account: (address) => read(trie, keyOf(address)),
    *entries() {
      for (const { address, account } of leaves(trie)) yield [address, account]
    },
    set: (address, account) => write(trie, size, keyOf(address), address, account),
  }
}

function read(trie: Trie, key: Hash): Account {
  return find(trie, key)?.account ?? emptyAccount
}

function write(trie: Trie, size: number, key: Hash, address: Bytes, account: Account): Ledger {
  const { balance, nonce } = account
  assert(address.length === 32, `an address has 32 bytes, not ${address.length}`)
  assert(balance >= 0n && balance <= maxU64, `balance out of range: ${balance}`)
  assert(Number.isSafeInteger(nonce) && nonce >= 0, `nonce out of range: ${nonce}`)
  const known = find(trie, key)
  if (balance === 0n && nonce === 0)
    return known === undefined ? fromTrie(trie, size) : fromTrie(remove(trie, key), size - 1)
  // Versions of a leaf share key and address. A copy: the caller's may be a view of a larger buffer, or change.
  const written = leaf(known?.key ?? key, known?.address ?? new Uint8Array(address), { balance, nonce })
  return fromTrie(insert(trie, written), known === undefined ? size + 1 : size)
}

/** Why a (correctly signed) transfer cannot be applied now, or undefined. */
export function checkTransfer(ledger: Ledger, transfer: Transfer): RejectCode | undefined {
  const outcome = plan(ledger, transfer)
  return typeof outcome === 'string' ? outcome : undefined
}

/** Moves amount, burns fee, counts the nonce. Throws `LEDGER_REJECTED` where `checkTransfer` gives a code. */
export function applyTransfer(ledger: Ledger, transfer: Transfer): Ledger {
  const outcome = plan(ledger, transfer)
  if (typeof outcome === 'string') {
    throw new CodedError('LEDGER_REJECTED', `transfer cannot be applied: ${outcome}`, { code: outcome })
  }
  return perform(ledger, transfer, outcome)
}

/** Applies the transfers of a block body in order; the first that cannot be applied makes the whole body invalid. */
export function execute(ledger: Ledger, transfers: readonly Transfer[]): Execution {
  let current = ledger
  for (const [index, transfer] of transfers.entries()) {
    const outcome = plan(current, transfer)
    if (typeof outcome === 'string') return { kind: 'rejected', index, code: outcome }
    current = perform(current, transfer, outcome)
  }
  return { kind: 'applied', ledger: current }
}

/** Accounts that differ from `before` to `after`, with their state after; cheap if one ledger grew out of the other. */
export function* changedAccounts(
  before: Ledger,
  after: Ledger,
): Generator<readonly [address: Bytes, account: Account]> {
  for (const [a, b] of differences(before.trie, after.trie)) {
    if (b === undefined) yield [(a as { address: Bytes }).address, emptyAccount]
    else if (a?.account.balance !== b.account.balance || a.account.nonce !== b.account.nonce) {
      yield [b.address, b.account]
    }
  }
}

interface Movement {
  readonly fromKey: Hash
  readonly toKey: Hash
  readonly sender: Account
  /** The receiver after the transfer; for a transfer to oneself, its only account. */
  readonly receiver: Account
}

function plan(ledger: Ledger, { from, to, amount, fee, nonce }: Transfer): RejectCode | Movement {
  assert(amount >= 0n && amount <= maxU64 && fee >= 0n && fee <= maxU64, 'amount or fee out of range')
  const fromKey = keyOf(from)
  const toKey = keyOf(to)
  const before = read(ledger.trie, fromKey)
  if (nonce < before.nonce) return 'NONCE_PAST'
  if (nonce > before.nonce) return 'NONCE_FUTURE'
  if (before.balance < amount + fee) return 'BALANCE'
  if (before.nonce === Number.MAX_SAFE_INTEGER) return 'OVERFLOW'
  const sender = { balance: before.balance - amount - fee, nonce: before.nonce + 1 }
  const target = equal(fromKey, toKey) ? sender : read(ledger.trie, toKey)
  if (target.balance + amount > maxU64) return 'OVERFLOW'
  return { fromKey, toKey, sender, receiver: { balance: target.balance + amount, nonce: target.nonce } }
}

function perform(ledger: Ledger, { from, to }: Transfer, movement: Movement): Ledger {
  // Sender first: in a transfer to oneself the receiver's state is the final one and overwrites it.
  const debited = write(ledger.trie, ledger.size, movement.fromKey, from, movement.sender)
  return write(debited.trie, debited.size, movement.toKey, to, movement.receiver)
}

import { type Bytes, fromHex, type Hex, hash, toHex } from '@groundwork/primitives'
import * as fc from 'fast-check'
import { type Account, emptyLedger, type Ledger, type RejectCode, type Transfer } from '../src/index.ts'

/** The naive ledger that the trie is held against. */
export type Model = ReadonlyMap<Hex, Account>

export const maxU64 = 2n ** 64n - 1n

export function addressOf(name: number | string): Bytes {
  return hash('test/address', fromHex(toHex(new TextEncoder().encode(`${name}`))))
}

export function modelAccount(model: Model, address: Bytes): Account {
  return model.get(toHex(address)) ?? { balance: 0n, nonce: 0 }
}

export function modelApply(model: Model, transfer: Transfer): Model | RejectCode {
  const sender = modelAccount(model, transfer.from)
  if (transfer.nonce !== sender.nonce) return transfer.nonce < sender.nonce ? 'NONCE_PAST' : 'NONCE_FUTURE'
  if (sender.balance < transfer.amount + transfer.fee) return 'BALANCE'
  const next = new Map(model)
  const debited = sender.balance - transfer.amount - transfer.fee
  next.set(toHex(transfer.from), { balance: debited, nonce: sender.nonce + 1 })
  const receiver = modelAccount(next, transfer.to)
  if (receiver.balance + transfer.amount > maxU64) return 'OVERFLOW'
  next.set(toHex(transfer.to), { ...receiver, balance: receiver.balance + transfer.amount })
  return next
}

/** Without empty accounts, which the ledger does not keep. */
export function modelEntries(model: Model): [Hex, Account][] {
  return [...model]
    .filter(([, { balance, nonce }]) => balance !== 0n || nonce !== 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

export function ledgerEntries(ledger: Ledger): [Hex, Account][] {
  return [...ledger.entries()]
    .map(([address, account]): [Hex, Account] => [toHex(address), account])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

export function ledgerOf(accounts: Iterable<readonly [Bytes, Account]>): Ledger {
  let ledger = emptyLedger()
  for (const [address, account] of accounts) ledger = ledger.set(address, account)
  return ledger
}

export function sumOf(ledger: Ledger): bigint {
  let sum = 0n
  for (const [, { balance }] of ledger.entries()) sum += balance
  return sum
}

export function transfer(from: Bytes, to: Bytes, amount: bigint, fee: bigint, nonce: number): Transfer {
  return { from, to, amount, fee, nonce, signature: new Uint8Array(64) }
}

export const arbAddress: fc.Arbitrary<Bytes> = fc.integer({ min: 0, max: 15 }).map(addressOf)

/** Small, so that equal values, exhausted accounts and empty ones are common; sometimes at the edge of 2^64. */
export const arbBalance: fc.Arbitrary<bigint> = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 0n, max: 20n }) },
  { weight: 1, arbitrary: fc.bigInt({ min: maxU64 - 20n, max: maxU64 }) },
)

export const arbAccount: fc.Arbitrary<Account> = fc.record({
  balance: arbBalance,
  nonce: fc.integer({ min: 0, max: 2 }),
})

export const arbWrites: fc.Arbitrary<[Bytes, Account][]> = fc.array(fc.tuple(arbAddress, arbAccount), {
  maxLength: 40,
})

export const arbTransfer: fc.Arbitrary<Transfer> = fc
  .tuple(arbAddress, arbAddress, arbBalance, fc.bigInt({ min: 0n, max: 3n }), fc.integer({ min: 0, max: 3 }))
  .map(([from, to, amount, fee, nonce]) => transfer(from, to, amount, fee, nonce))

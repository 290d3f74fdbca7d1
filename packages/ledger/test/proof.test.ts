import type { Bytes } from '@groundwork/primitives'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Account,
  type AccountProof,
  emptyLedger,
  proveAccount,
  verifyAccountProof,
} from '../src/index.ts'
import { addressOf, arbAccount, arbAddress, arbWrites, ledgerOf } from './model.ts'

const isEmpty = ({ balance, nonce }: Account): boolean => balance === 0n && nonce === 0

test('every account and every absence is provable, and nothing else about that address', () => {
  fc.assert(
    fc.property(arbWrites, arbAddress, arbAccount, (writes, address, claimed) => {
      const ledger = ledgerOf(writes)
      const account = ledger.account(address)
      const proof = proveAccount(ledger, address)
      const present = !isEmpty(account)
      expect(verifyAccountProof(ledger.root, address, present ? account : null, proof)).toBe(true)
      if (present) expect(verifyAccountProof(ledger.root, address, null, proof)).toBe(false)
      const isTrue = claimed.balance === account.balance && claimed.nonce === account.nonce && present
      expect(verifyAccountProof(ledger.root, address, claimed, proof)).toBe(isTrue)
    }),
  )
})

test('no tampered proof verifies', () => {
  fc.assert(
    fc.property(
      arbWrites,
      arbAddress,
      fc.nat(),
      fc.nat(255),
      fc.nat(7),
      (writes, address, where, byte, bit) => {
        const ledger = ledgerOf(writes)
        const account = ledger.account(address)
        const claim = isEmpty(account) ? null : account
        const proof = proveAccount(ledger, address)
        const verify = (tampered: AccountProof, root: Bytes = ledger.root) =>
          verifyAccountProof(root, address, claim, tampered)
        const { siblings, other } = proof
        const flipped = (bytes: Bytes): Bytes =>
          bytes.map((value, i) => (i === byte % 32 ? value ^ (1 << bit) : value))

        expect(verify(proof, flipped(ledger.root))).toBe(false)
        expect(verify({ siblings: [...siblings, new Uint8Array(32)], other })).toBe(false)
        if (siblings.length > 0) {
          const at = where % siblings.length
          expect(verify({ siblings: siblings.with(at, flipped(siblings[at]!)), other })).toBe(false)
          expect(verify({ siblings: siblings.toSpliced(at, 1), other })).toBe(false)
        }
        if (other !== null) {
          expect(verify({ siblings, other: null })).toBe(false)
          expect(verify({ siblings, other: { ...other, address: flipped(other.address) } })).toBe(false)
          expect(verify({ siblings, other: { ...other, account: { ...other.account, nonce: 99 } } })).toBe(
            false,
          )
        }
      },
    ),
  )
})

test('an absence cannot be shown with an account whose path leads elsewhere', () => {
  const ledger = ledgerOf(Array.from({ length: 64 }, (_, i) => [addressOf(i), { balance: 1n, nonce: 0 }]))
  const stranger = addressOf('stranger')
  for (const [address, account] of ledger.entries()) {
    const { siblings } = proveAccount(ledger, address)
    const honest = proveAccount(ledger, stranger)
    const isNeighbour = honest.other !== null && addressOfOther(honest) === `${address}`
    const forged: AccountProof = { siblings, other: { address, account } }
    expect(verifyAccountProof(ledger.root, stranger, null, forged)).toBe(isNeighbour)
    // Nor can an account show its own absence by naming itself.
    expect(verifyAccountProof(ledger.root, address, null, forged)).toBe(false)
  }
})

function addressOfOther({ other }: AccountProof): string {
  return `${other?.address}`
}

test('malformed proofs are refused, not thrown at', () => {
  const { root } = emptyLedger()
  const address = addressOf('a')
  expect(verifyAccountProof(root, address, null, { siblings: [], other: null })).toBe(true)
  const bad: [Bytes, Account | null, AccountProof][] = [
    [address.slice(1), null, { siblings: [], other: null }],
    [address, null, { siblings: [new Uint8Array(31)], other: null }],
    [address, null, { siblings: Array.from({ length: 257 }, () => root), other: null }],
    [address, { balance: -1n, nonce: 0 }, { siblings: [], other: null }],
    [address, { balance: 2n ** 64n, nonce: 0 }, { siblings: [], other: null }],
    [address, { balance: 0n, nonce: -1 }, { siblings: [], other: null }],
    [
      address,
      null,
      { siblings: [], other: { address: new Uint8Array(3), account: { balance: 1n, nonce: 0 } } },
    ],
  ]
  for (const [claimed, account, proof] of bad)
    expect(verifyAccountProof(root, claimed, account, proof)).toBe(false)
})

test('a proof is as long as the path: about log2 of the number of accounts', () => {
  const ledger = ledgerOf(Array.from({ length: 1000 }, (_, i) => [addressOf(i), { balance: 1n, nonce: 0 }]))
  const longest = Math.max(
    ...Array.from({ length: 1000 }, (_, i) => proveAccount(ledger, addressOf(i)).siblings.length),
  )
  expect(longest).toBeLessThan(30)
})

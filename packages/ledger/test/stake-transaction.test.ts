import { readFileSync } from 'node:fs'
import { toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  decodeStakeTransaction,
  decodeTransaction,
  encodeStakeTransaction,
  encodeTransfer,
  type StakeTransaction,
  stakeTransactionLength,
  stakeTransactionMessage,
  transferLength,
} from '../src/index.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../../test/vectors/stake-transactions-v1.json', import.meta.url), 'utf8'),
) as Record<string, string>
const fixed = (kind: 'bond' | 'unbond'): StakeTransaction => {
  const from = new Uint8Array(32).fill(1)
  return { kind, from, amount: 500n, fee: 2n, nonce: 7, signature: new Uint8Array(64).fill(3) }
}

test.each(['bond', 'unbond'] as const)('version 1 of %s is pinned byte for byte', (kind) => {
  const bytes = encodeStakeTransaction(fixed(kind))
  expect(bytes).toHaveLength(stakeTransactionLength)
  expect(toHex(bytes)).toBe(golden[kind])
  expect(toHex(stakeTransactionMessage(new Uint8Array(32).fill(9), fixed(kind)))).toBe(
    golden[`${kind}Message`],
  )
  expect(decodeTransaction(bytes)).toEqual(fixed(kind))
})

test('a transfer is a transaction of its own length', () => {
  const from = new Uint8Array(32)
  const transfer = { from, to: from, amount: 1n, fee: 0n, nonce: 0, signature: new Uint8Array(64) }
  expect(transferLength).not.toBe(stakeTransactionLength)
  expect(decodeTransaction(encodeTransfer(transfer))).toEqual({ kind: 'transfer', transfer })
})

test('whatever decodes is encoded the same way, and the rest is refused with a code', () => {
  const near = fc.uint8Array({ minLength: stakeTransactionLength, maxLength: stakeTransactionLength })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), near), (bytes) => {
      try {
        const decoded = decodeStakeTransaction(bytes)
        expect(encodeStakeTransaction(decoded)).toEqual(bytes)
      } catch (error) {
        expect((error as { code?: string }).code).toMatch(/^CODEC_/)
      }
    }),
  )
})

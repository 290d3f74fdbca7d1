import { toHex } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import {
  chainId,
  epochOf,
  formatGenesis,
  type Genesis,
  genesisHash,
  initialLedger,
  parseGenesis,
} from '../src/index.ts'
import { account, example, publicKey, validator } from './example.ts'

const hex = (genesis: Genesis): string => toHex(genesisHash(genesis))

test('version 1 is pinned: hash, chain id, epoch id, state root', () => {
  expect(hex(example)).toBe('e09abf3f995587c81cd0f41450db2db999cd2ca37b8e65d28bfe1de722d386d1')
  expect(toHex(chainId(example))).toBe('c87d4d3e05def896ba018741313dbd2acad0caba062ca312ae2e47c8c030ae98')
  expect(toHex(epochOf(example).id)).toBe('57408a6cbc18d0ddccf77a8d31377c21942299a1ac11c7da782d8c626de98f51')
  expect(toHex(initialLedger(example).root)).toBe(
    '4dcdc8837c28cc9f27b03da40dd90e955399b0da366e98e0b2548523f8f101b3',
  )
})

test('what is written is read back', () => {
  expect(parseGenesis(formatGenesis(example))).toEqual(example)
})

describe('the hash', () => {
  test('does not depend on how the file is laid out', () => {
    const { parameters, ...rest } = JSON.parse(formatGenesis(example))
    expect(hex(parseGenesis(JSON.stringify({ parameters, ...rest })))).toBe(hex(example))
    expect(hex({ ...example, accounts: example.accounts.toReversed() })).toBe(hex(example))
  })

  test('changes with everything the file says', () => {
    const [first, ...others] = example.validators as [Genesis['validators'][number]]
    const withFirst = (change: Partial<typeof first>): Genesis => ({
      ...example,
      validators: [{ ...first, ...change }, ...others],
    })
    const variants: Genesis[] = [
      example,
      { ...example, chain: 'example-2' },
      { ...example, validators: example.validators.toReversed() },
      { ...example, validators: example.validators.slice(1) },
      { ...example, accounts: example.accounts.slice(1) },
      { ...example, accounts: [account('alice', 1_000_000n), account('bob', 8n)] },
      withFirst({ name: 'renamed' }),
      withFirst({ weight: 4 }),
      withFirst({ publicKey: publicKey('other') }),
      ...Object.keys(first.labels).map((key) => withFirst({ labels: { ...first.labels, [key]: 'changed' } })),
      ...Object.keys(example.parameters).map((key) => ({
        ...example,
        parameters: { ...example.parameters, [key]: 1001 },
      })),
    ].filter((variant, i) => i === 0 || JSON.stringify(plain(variant)) !== JSON.stringify(plain(example)))
    expect(new Set(variants.map(hex)).size).toBe(variants.length)
    expect(variants.length).toBeGreaterThan(19)
  })
})

const plain = (genesis: Genesis): unknown => JSON.parse(formatGenesis(genesis))

test('epoch 0 extends the genesis, with the validators in their order', () => {
  const epoch = epochOf(example)
  expect(epoch.number).toBe(0)
  expect(epoch.genesisHash).toEqual(genesisHash(example))
  expect(epoch.validators.validators).toEqual(
    example.validators.map(({ publicKey, weight }) => ({ publicKey, weight })),
  )
  expect(epoch.validators).toMatchObject({ total: 7, quorum: 5 })
})

test('two chains of one name have different ids', () => {
  const other = { ...example, validators: [...example.validators, validator('v4', 1, 'Mumbai')] }
  expect(toHex(chainId(other))).not.toBe(toHex(chainId(example)))
})

test('the ledger holds the accounts and nothing else', () => {
  const ledger = initialLedger(example)
  expect(ledger.size).toBe(2)
  expect(ledger.account(publicKey('alice'))).toEqual({ balance: 1_000_000n, nonce: 0 })
})

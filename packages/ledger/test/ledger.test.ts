import { isZero, toHex } from '@groundwork/primitives'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  applyTransfer,
  changedAccounts,
  checkTransfer,
  emptyLedger,
  execute,
  type Transfer,
} from '../src/index.ts'
import {
  addressOf,
  arbAddress,
  arbTransfer,
  arbWrites,
  ledgerEntries,
  ledgerOf,
  type Model,
  maxU64,
  modelApply,
  modelEntries,
  sumOf,
  transfer,
} from './model.ts'

const [alice, bob, carol] = [addressOf('alice'), addressOf('bob'), addressOf('carol')]

describe('against a naive map', () => {
  test('reads, entries and size after any writes', () => {
    fc.assert(
      fc.property(arbWrites, (writes) => {
        const ledger = ledgerOf(writes)
        const model: Model = new Map(writes.map(([address, account]) => [toHex(address), account]))
        expect(ledgerEntries(ledger)).toEqual(modelEntries(model))
        expect(ledger.size).toBe(modelEntries(model).length)
        for (const [address, account] of ledger.entries()) expect(ledger.account(address)).toEqual(account)
      }),
    )
  })

  test('any sequence of transfers: same codes, same accounts, and the fees are all that goes missing', () => {
    fc.assert(
      fc.property(arbWrites, fc.array(arbTransfer, { maxLength: 30 }), (writes, transfers) => {
        let ledger = ledgerOf(writes)
        let model: Model = new Map(writes.map(([address, account]) => [toHex(address), account]))
        let expectedSum = sumOf(ledger)
        for (const item of transfers) {
          const expected = modelApply(model, item)
          if (typeof expected === 'string') {
            expect(checkTransfer(ledger, item)).toBe(expected)
            expect(() => applyTransfer(ledger, item)).toThrow(
              expect.objectContaining({ code: 'LEDGER_REJECTED' }),
            )
          } else {
            expect(checkTransfer(ledger, item)).toBeUndefined()
            ledger = applyTransfer(ledger, item)
            model = expected
            expectedSum -= item.fee
          }
          expect(ledgerEntries(ledger)).toEqual(modelEntries(model))
          expect(sumOf(ledger)).toBe(expectedSum)
        }
      }),
    )
  })

  test('a body is applied whole or refused at its first inapplicable transfer', () => {
    fc.assert(
      fc.property(arbWrites, fc.array(arbTransfer, { maxLength: 10 }), (writes, transfers) => {
        const ledger = ledgerOf(writes)
        let model: Model = new Map(writes.map(([address, account]) => [toHex(address), account]))
        const outcome = execute(ledger, transfers)
        for (const [index, item] of transfers.entries()) {
          const next = modelApply(model, item)
          if (typeof next === 'string') {
            expect(outcome).toEqual({ kind: 'rejected', index, code: next })
            return
          }
          model = next
        }
        if (outcome.kind !== 'applied') expect.unreachable()
        expect(ledgerEntries(outcome.ledger)).toEqual(modelEntries(model))
      }),
    )
  })
})

describe('the root', () => {
  test('depends on the accounts, not on the order or the history of writes', () => {
    fc.assert(
      fc.property(arbWrites, fc.infiniteStream(fc.nat()), arbWrites, (writes, keys, detour) => {
        const last = new Map(
          writes.map(([address, account]) => [toHex(address), [address, account] as const]),
        )
        const shuffled = [...last.values()]
          .map((write) => ({ write, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
        const direct = ledgerOf([...last.values()])
        // Writes other things first, then erases what the goal does not have.
        let roundabout = ledgerOf(detour)
        for (const [address] of detour) roundabout = roundabout.set(address, { balance: 0n, nonce: 0 })
        expect(isZero(roundabout.root)).toBe(true)
        for (const { write } of shuffled) roundabout = roundabout.set(...write)
        expect(toHex(roundabout.root)).toBe(toHex(direct.root))
        expect(toHex(ledgerOf(writes).root)).toBe(toHex(direct.root))
      }),
    )
  })

  test('differs when any account differs', () => {
    fc.assert(
      fc.property(arbWrites, arbAddress, (writes, address) => {
        const ledger = ledgerOf(writes)
        const { balance, nonce } = ledger.account(address)
        const richer = ledger.set(address, { balance: balance ^ 1n, nonce })
        const older = ledger.set(address, { balance, nonce: nonce + 1 })
        expect(new Set([ledger, richer, older].map(({ root }) => toHex(root))).size).toBe(3)
      }),
    )
  })

  test('is pinned', () => {
    expect(isZero(emptyLedger().root)).toBe(true)
    const one = emptyLedger().set(alice, { balance: 1n, nonce: 0 })
    expect(toHex(one.root)).toBe('a090e804de3faeab70d4a42eada4f21728038cd1e7d8746da6fe0f48692570b4')
    const accounts = Array.from(
      { length: 100 },
      (_, i) => [addressOf(i), { balance: BigInt(i), nonce: i }] as const,
    )
    expect(toHex(ledgerOf(accounts).root)).toBe(
      'eacce456ea66ac9a695624e67c112f95fe3a7e481c7eae9a3ca694690f4ca303',
    )
  })
})

describe('persistence', () => {
  test('no write changes an older version', () => {
    fc.assert(
      fc.property(arbWrites, (writes) => {
        const versions = [{ ledger: emptyLedger(), entries: ledgerEntries(emptyLedger()), root: '' }]
        for (const [address, account] of writes) {
          const ledger = versions.at(-1)!.ledger.set(address, account)
          // Half of the roots are computed now, half after all writes.
          const root = versions.length % 2 === 0 ? toHex(ledger.root) : ''
          versions.push({ ledger, entries: ledgerEntries(ledger), root })
        }
        for (const { ledger, entries, root } of versions) {
          expect(ledgerEntries(ledger)).toEqual(entries)
          expect(toHex(ledgerOf(ledger.entries()).root)).toBe(toHex(ledger.root))
          if (root !== '') expect(toHex(ledger.root)).toBe(root)
        }
      }),
    )
  })

  test('changedAccounts is what turns one version into the other', () => {
    fc.assert(
      fc.property(arbWrites, arbWrites, fc.boolean(), (first, second, related) => {
        const before = ledgerOf(first)
        let after = related ? before : emptyLedger()
        for (const write of second) after = after.set(...write)
        let patched = before
        for (const [address, account] of changedAccounts(before, after)) {
          expect(before.account(address)).not.toEqual(account)
          patched = patched.set(address, account)
        }
        expect(toHex(patched.root)).toBe(toHex(after.root))
      }),
    )
  })

  test('the caller may reuse its address buffer', () => {
    const buffer = alice.slice()
    const ledger = emptyLedger().set(buffer, { balance: 5n, nonce: 0 })
    buffer.fill(0)
    expect(ledger.account(alice).balance).toBe(5n)
    expect([...ledger.entries()][0]?.[0]).toEqual(alice)
  })
})

describe('transfers', () => {
  const start = ledgerOf([
    [alice, { balance: 100n, nonce: 3 }],
    [bob, { balance: maxU64 - 10n, nonce: 0 }],
  ])
  const cases: readonly [string, Transfer, string | undefined][] = [
    ['exact balance', transfer(alice, carol, 90n, 10n, 3), undefined],
    ['one above the balance', transfer(alice, carol, 90n, 11n, 3), 'BALANCE'],
    ['amount and fee that wrap around 2^64', transfer(alice, carol, maxU64, maxU64, 3), 'BALANCE'],
    ['nonce already used', transfer(alice, carol, 1n, 0n, 2), 'NONCE_PAST'],
    ['nonce with a gap', transfer(alice, carol, 1n, 0n, 4), 'NONCE_FUTURE'],
    ['receiver filled to the brim', transfer(alice, bob, 10n, 0n, 3), undefined],
    ['receiver above 2^64 - 1', transfer(alice, bob, 11n, 0n, 3), 'OVERFLOW'],
    ['unknown sender', transfer(carol, alice, 1n, 0n, 0), 'BALANCE'],
  ]
  test.each(cases)('%s', (_, item, code) => {
    expect(checkTransfer(start, item)).toBe(code)
  })

  test('to oneself: only the fee goes, and no overflow is seen where there is none', () => {
    const after = applyTransfer(start, transfer(alice, alice, 60n, 5n, 3))
    expect(after.account(alice)).toEqual({ balance: 95n, nonce: 4 })
    expect(checkTransfer(start, transfer(alice, alice, 96n, 5n, 3))).toBe('BALANCE')
    expect(applyTransfer(start, transfer(bob, bob, maxU64 - 10n, 0n, 0)).account(bob)).toEqual({
      balance: maxU64 - 10n,
      nonce: 1,
    })
  })

  test('of nothing to nobody creates no account', () => {
    const after = applyTransfer(start, transfer(alice, carol, 0n, 0n, 3))
    expect(after.size).toBe(start.size)
    expect(after.account(alice)).toEqual({ balance: 100n, nonce: 4 })
  })

  test('out of range values are a programmer’s error', () => {
    expect(() => start.set(alice, { balance: -1n, nonce: 0 })).toThrow('balance out of range')
    expect(() => start.set(alice, { balance: 2n ** 64n, nonce: 0 })).toThrow('balance out of range')
    expect(() => start.set(alice, { balance: 0n, nonce: 0.5 })).toThrow('nonce out of range')
    expect(() => start.set(alice.slice(1), { balance: 0n, nonce: 1 })).toThrow('32 bytes')
    expect(() => checkTransfer(start, transfer(alice, bob, -1n, 0n, 3))).toThrow('out of range')
  })
})

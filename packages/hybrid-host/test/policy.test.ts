import { encodeCharge, encodeForced } from '@groundwork/hybrid-core'
import { type Item, itemHashOf, type OfferedItem } from '@groundwork/physical-core'
import { hash, toHex } from '@groundwork/primitives'
import { voteOf } from '@groundwork/stake-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forced, type Harness, party } from '../../hybrid-core/test/harness.ts'
import { createFarmerPolicy, type FarmerPolicy } from '../src/index.ts'
import { ci, mark, newHarness, segmentOf } from './kit.ts'

const policyOf = (h: Harness): FarmerPolicy => createFarmerPolicy(h.context, () => h.state)
const plain = (items: readonly Item[]): OfferedItem[] => items.map((item) => ({ item, priority: 0 }))
/** As the mempool of the physical chain orders them: by priority, then by hash. */
const inOrder = (offered: readonly OfferedItem[]): Item[] =>
  [...offered]
    .sort(
      (a, b) => b.priority - a.priority || (toHex(itemHashOf(a.item)) < toHex(itemHashOf(b.item)) ? -1 : 1),
    )
    .map(({ item }) => item)
const reasonsOf = (change: ReturnType<FarmerPolicy['offered']>) => change.refused.map(({ reason }) => reason)
function start(): Harness {
  const h = newHarness()
  for (let i = 0; i < 6; i++) h.mine([mark(i)])
  return h
}

describe('checkpoints', () => {
  test('are taken only if derive accepts them, both items or none', () => {
    const h = start()
    const policy = policyOf(h)
    const good = h.checkpoint({ bodies: [[h.transfer(0)]] })
    const uncertified = h.checkpoint({
      bodies: [[h.transfer(0, { amount: 2n })]],
      signers: h.validators.slice(0, 2),
    })
    expect(reasonsOf(policy.offered(plain(uncertified)))).toEqual([
      'checkpoint-certificate-weight',
      'checkpoint-certificate-weight',
    ])
    expect(policy.offered(plain(good.slice(0, 1))).offer).toEqual([])
    const { offer } = policy.offered(plain(good.slice(1)))
    expect(new Set(offer.map(({ item }) => item))).toEqual(new Set(good))
  })

  test('no signature is checked of one that brings the stake chain no further, until it would', () => {
    const h = start()
    let checked = 0
    const verify: typeof h.context.verify = (...args) => {
      checked++
      return h.context.verify(...args)
    }
    const policy = createFarmerPolicy({ ...h.context, verify }, () => h.state)
    const [one, other] = [h.validators.slice(0, 3), h.validators.slice(1, 4)].map((signers) =>
      h.checkpoint({ bodies: [[h.transfer(0)]], signers }),
    ) as [Item[], Item[]]
    expect(policy.offered(plain(one)).offer).toHaveLength(2)
    const before = checked
    expect(before).toBeGreaterThan(0)
    expect(policy.offered(plain(other.slice(1)))).toEqual({ offer: [], withdraw: [], refused: [] })
    expect(checked).toBe(before)
    h.mine([mark(7)])
    policy.revise(plain(one))
    expect(checked).toBeGreaterThan(before)
  })

  test('the one that brings the stake chain furthest replaces the others', () => {
    const h = start()
    const policy = policyOf(h)
    const short = h.checkpoint({ bodies: [[h.transfer(0)]], anchor: 4 })
    const long = h.checkpoint({ bodies: [[h.transfer(0)], [h.transfer(1)]], anchor: 4 })
    expect(policy.offered(plain(short)).offer).toHaveLength(2)
    const change = policy.offered(plain(long))
    expect(new Set(change.offer.map(({ item }) => item))).toEqual(new Set(long))
    expect(change.withdraw.map(toHex).sort()).toEqual(short.map((item) => toHex(itemHashOf(item))).sort())
    expect(policy.offered(plain(short)).offer).toEqual([])
    h.mine(inOrder(change.offer))
    expect(h.state.tip.height).toBe(2)
    // Both have lost their meaning.
    expect(policy.revise(change.offer).withdraw).toHaveLength(2)
  })

  test('one that builds on another waits for it', () => {
    const h = start()
    const policy = policyOf(h)
    const first = h.checkpoint({ bodies: [[h.transfer(0)]] })
    const ahead = h.fork()
    ahead.mine(first)
    const second = ahead.checkpoint({ bodies: [[h.transfer(1)]], anchor: 4 })
    expect(policy.offered(plain(second))).toMatchObject({ offer: [], refused: [] })
    policy.offered(plain(first))
    h.mine(first)
    expect(new Set(policy.revise([]).offer.map(({ item }) => item))).toEqual(new Set(second))
  })
})

describe('forced transactions', () => {
  test('are taken only if signed, with a fee that can be paid', () => {
    const h = start()
    const policy = policyOf(h)
    const unsigned = Uint8Array.from(h.transfer(0))
    unsigned[unsigned.length - 1]! ^= 1
    const items = [
      forced(unsigned),
      forced(h.transfer(0, { fee: 0n })),
      forced(h.transfer(0, { from: party('poor'), amount: 1n, fee: 1n })),
      forced(h.transfer(70)),
      mark(1),
      forced(h.transfer(0)),
    ]
    const change = policy.offered(plain(items))
    expect(change.offer.map(({ item }) => item)).toEqual([items[5]])
    expect(reasonsOf(change).sort()).toEqual(
      ['forced-signature', 'forced-fee', 'forced-balance', 'forced-nonce-far', 'forced-encoding'].sort(),
    )
  })

  test('are ordered by fee, then by hash', () => {
    const h = start()
    const from = h.validators
    const items = [3n, 9n, 5n, 5n].map((fee, i) => forced(h.transfer(0, { fee, from: from[i]! })))
    const order = inOrder(policyOf(h).offered(plain(items)).offer)
    const ties = [items[2]!, items[3]!].sort((a, b) => (toHex(itemHashOf(a)) < toHex(itemHashOf(b)) ? -1 : 1))
    expect(order).toEqual([items[1], ...ties, items[0]])
  })

  test('of one sender go in the order of nonces, whatever they pay, and wait for what is missing', () => {
    const h = start()
    const policy = policyOf(h)
    const [zero, one, three] = [
      forced(h.transfer(0, { fee: 1n })),
      forced(h.transfer(1, { fee: 50n })),
      forced(h.transfer(3, { fee: 9n })),
    ]
    expect(policy.offered(plain([three, one])).offer).toEqual([])
    expect(inOrder(policy.offered(plain([zero])).offer)).toEqual([zero, one])
    h.mine([zero, one, forced(h.transfer(2))])
    expect(policy.revise([]).offer.map(({ item }) => item)).toEqual([three])
  })

  test('of one sender are no more than its balance pays for', () => {
    const h = start()
    const from = h.validators[0]!
    const items = [0, 1].map((nonce) => forced(h.transfer(nonce, { from, amount: 600_000n })))
    expect(
      policyOf(h)
        .offered(plain(items))
        .offer.map(({ item }) => item),
    ).toEqual([items[0]])
  })

  test('every one that is taken has its effect, whatever was offered', () => {
    const offers = fc.array(
      fc.record({
        who: fc.nat(5),
        nonce: fc.nat(4),
        fee: fc.nat(12),
        amount: fc.nat(700_000),
        isBond: fc.boolean(),
      }),
      { maxLength: 24 },
    )
    fc.assert(
      fc.property(offers, (all) => {
        const h = start()
        const senders = [...h.validators, h.rich, party('poor')]
        const items = all.map(({ who, nonce, fee, amount, isBond }) => {
          const from = senders[who]!
          const bytes = isBond
            ? h.stake('bond', from, BigInt(amount + 1), nonce)
            : h.transfer(nonce, { from, fee: BigInt(fee), amount: BigInt(amount) })
          return { kind: 'forced-transaction', bytes: encodeForced(bytes) } as const
        })
        const taken = inOrder(policyOf(h).offered(plain(items)).offer)
        h.mine(taken)
        h.mine(h.checkpoint({ anchor: h.state.height }))
        const codes = h.records.flatMap((record) =>
          record.kind === 'forced' && record.posted === 7 ? [record.code] : [],
        )
        expect(codes).toEqual(taken.map(() => null))
      }),
      { numRuns: 80 },
    )
  })
})

describe('votes and evidence', () => {
  function recorded(): Harness {
    const h = newHarness()
    while (h.state.mode.recorded?.open == null) h.mine()
    for (let i = 0; i < ci.kappa; i++) h.mine()
    return h
  }

  test('only votes of those who have one are taken, each once', () => {
    const h = recorded()
    const [one] = h.validators as [(typeof h.validators)[0]]
    const items = [
      h.recordedVote(one),
      h.recordedVote(one, { signature: new Uint8Array(64) }),
      h.recordedVote(h.rich),
      h.recordedVote(h.validators[1]!, { epochId: hash('test/epoch') }),
      h.spaceVote(h.farmers[0]!),
      h.spaceVote(h.rich),
    ]
    const change = policyOf(h).offered(plain(items))
    expect(change.offer.map(({ item }) => item)).toEqual([items[0], items[4]])
    expect(reasonsOf(change).sort()).toEqual(
      ['vote-duplicate', 'vote-epoch', 'vote-plot', 'vote-validator'].sort(),
    )
    h.mine(inOrder(change.offer))
    expect(h.records.filter(({ kind }) => kind === 'ignored')).toEqual([])
  })

  test('a vote for a target that is not here yet waits, if its validator signed it', () => {
    const h = recorded()
    const early = newHarness()
    for (const { block } of h.blocks.slice(0, -ci.kappa - 1)) early.mine(block.items)
    const policy = policyOf(early)
    const forged = h.recordedVote(h.validators[1]!, { signature: new Uint8Array(64) })
    const change = policy.offered(plain([h.recordedVote(h.validators[0]!), forged]))
    expect(change).toMatchObject({ offer: [], refused: [{ reason: 'vote-signature' }] })
    for (const { block } of h.blocks.slice(-ci.kappa - 1)) early.mine(block.items)
    expect(policy.revise([]).offer).toHaveLength(1)
  })

  test('evidence is taken only if it would count, and one proof for one offence', () => {
    const h = start()
    const a = segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] }))
    const b = segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] }))
    const charge = (offender: number, one = a, two = b): Item => ({
      kind: 'stake-evidence',
      bytes: encodeCharge({
        kind: 'stake',
        evidence: {
          rule: 'S1',
          epochId: h.state.epoch.id,
          view: 1,
          offender,
          a: voteOf(one.certificate, offender)!,
          b: voteOf(two.certificate, offender)!,
        },
        headers: [a.blocks[0]!.header],
      }),
    })
    const items = [charge(0), charge(0, b, a), charge(1, a, a)]
    const change = policyOf(h).offered(plain(items))
    expect(change.offer.map(({ item }) => item)).toEqual([items[0]])
    expect(reasonsOf(change).sort()).toEqual(['evidence-duplicate', 'evidence-no-contradiction'])
  })

  test("the physical chain's own items pass as they came (I14)", () => {
    const h = start()
    const item: Item = {
      kind: 'retire-plot',
      plotId: hash('p'),
      farmer: hash('f'),
      signature: new Uint8Array(64),
    }
    const change = policyOf(h).offered([{ item, priority: 3 }])
    expect(change).toEqual({ offer: [{ item, priority: 3 }], withdraw: [], refused: [] })
    expect(policyOf(h).revise([{ item, priority: 3 }])).toEqual({ offer: [], withdraw: [], refused: [] })
  })
})

test('what a reorganisation gave back to the mempool gets its priority again, or leaves', () => {
  const h = start()
  const policy = policyOf(h)
  const good = forced(h.transfer(0, { fee: 5n }))
  const change = policy.revise(plain([good, mark(3)]))
  expect(change.withdraw).toHaveLength(2)
  expect(change.offer).toEqual([
    { item: good, priority: expect.toSatisfy((priority: number) => priority > 0) },
  ])
  // And then nothing has to change.
  expect(policy.revise(change.offer)).toEqual({ offer: [], withdraw: [], refused: [] })
})

test('what waits is bounded', () => {
  const h = start()
  const policy = policyOf(h)
  const many = Array.from({ length: 2500 }, (_, i) => forced(h.transfer(1 + (i % 60), { amount: BigInt(i) })))
  for (let i = 0; i < many.length; i += 500) policy.offered(plain(many.slice(i, i + 500)))
  // The oldest are gone; what is missing came last.
  const { offer } = policy.offered(plain([forced(h.transfer(0))]))
  expect(offer.length).toBeGreaterThan(1)
  expect(offer.length).toBeLessThanOrEqual(64)
})

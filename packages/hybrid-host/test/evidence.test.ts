import { decodeCharge, type RecordedVote } from '@groundwork/hybrid-core'
import type { Item } from '@groundwork/physical-core'
import { hash, toHex } from '@groundwork/primitives'
import { type Evidence, voteOf } from '@groundwork/stake-core'
import { describe, expect, test } from 'vitest'
import { type Harness, harness, type Party } from '../../hybrid-core/test/harness.ts'
import type { HybridFollower } from '../src/index.ts'
import { ci, feed, followerOf, hazardsIn, itemsIn, mark, newHarness, segmentOf, signerOf } from './kit.ts'

const slashedIn = (h: Harness) =>
  h.records.flatMap((one) => (one.kind === 'slashed' ? [[one.validator, one.rule]] : []))
const start = (): [Harness, HybridFollower] => {
  const h = newHarness()
  for (let i = 0; i < 6; i++) h.mine([mark(i)])
  const follower = followerOf(h)
  feed(follower, h)
  return [h, follower]
}
/** Puts what is due on the chain until nothing is. */
function prosecute(h: Harness, follower: HybridFollower): number {
  let charges = 0
  for (let i = 0; i < 6; i++) {
    const items = itemsIn(feed(follower, h), 'evidence')
    charges += items.length
    h.mine([...items, mark(i)])
  }
  return charges
}
const keysOf = (all: readonly Party[]) => all.map(({ key }) => key).sort()

describe('two final chains', () => {
  test('one checkpointed, one known from the stake chain: who signed both is slashed, once (S1)', () => {
    const [h, follower] = start()
    const three = h.validators.slice(0, 3)
    const own = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    follower.finalized(segmentOf(own))
    h.mine(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]], signers: three }))
    expect(prosecute(h, follower)).toBe(3)
    expect(
      slashedIn(h)
        .map(([key]) => key)
        .sort(),
    ).toEqual(keysOf(three))
  })

  test('a later checkpoint that looks as good as the accepted one is evidence, for a node that knows only the physical chain', () => {
    const [h, follower] = start()
    const first = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    const second = h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] })
    h.mine(first)
    h.mine(second)
    expect(h.records.at(-1)).toMatchObject({ kind: 'checkpoint-rejected', reason: 'not-the-first' })
    const hazards = hazardsIn(feed(follower, h))
    expect(hazards).toMatchObject([{ kind: 'final-conflict' }])
    expect(prosecute(h, follower)).toBe(4)
    expect(slashedIn(h).map(([, rule]) => rule)).toEqual(['S1', 'S1', 'S1', 'S1'])
  })

  test('of any length, parting anywhere', () => {
    const [h, follower] = start()
    const body = (nonce: number, amount = 1n) => [h.transfer(nonce, { amount })]
    h.mine(h.checkpoint({ bodies: [body(0), body(1), body(2)], anchor: 4 }))
    feed(follower, h)
    const fork = newHarness()
    for (let i = 0; i < 6; i++) fork.mine([mark(i)])
    const other = fork.checkpoint({ bodies: [body(0), body(1, 5n), body(2), body(3)], anchor: 4 })
    h.mine(other)
    expect(prosecute(h, follower)).toBe(4)
    expect(slashedIn(h)).toHaveLength(4)
  })

  test('one of which only the part above the common blocks is held', () => {
    const [h, follower] = start()
    const body = (nonce: number, amount = 1n) => [h.transfer(nonce, { amount })]
    h.mine(h.checkpoint({ bodies: [body(0)], anchor: 4 }))
    feed(follower, h)
    follower.finalized(segmentOf(h.checkpoint({ bodies: [body(1)], anchor: 4 })))
    const fork = newHarness()
    for (let i = 0; i < 6; i++) fork.mine([mark(i)])
    h.mine(fork.checkpoint({ bodies: [body(0), body(1, 5n)], anchor: 4 }))
    expect(prosecute(h, follower)).toBe(4)
    expect(slashedIn(h)).toHaveLength(4)
  })

  test('one of which stands in a block on the way to a tip that is still to come', () => {
    const [h, follower] = start()
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })))
    h.mine(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] }))
    const [carrier] = h.blocks.slice(-1)
    follower.physical({ adopted: [carrier!], more: true })
    h.mine([mark(0)])
    expect(prosecute(h, follower)).toBe(4)
    expect(slashedIn(h)).toHaveLength(4)
  })

  test('one of which was checkpointed below every state that is kept', () => {
    const h = newHarness()
    for (let i = 0; i < 6; i++) h.mine([mark(i)])
    const follower = followerOf(h, { keepBlocks: 2 * ci.kappa + ci.stallDeadlineBlocks })
    const other = segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] }))
    h.mine(h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] }))
    for (let i = 0; i < 35; i++) {
      feed(follower, h)
      h.mine([mark(i)])
    }
    follower.conflicting(other)
    expect(prosecute(h, follower)).toBe(4)
    expect(slashedIn(h)).toHaveLength(4)
  })

  test('a repetition of the accepted checkpoint, and one whose certificate is made up, are nothing', () => {
    const [h, follower] = start()
    const items = h.checkpoint({ bodies: [[h.transfer(0)]] })
    const other = h.checkpoint({
      bodies: [[h.transfer(0, { amount: 3n })]],
      signers: h.validators.slice(0, 2),
    })
    h.mine(items)
    h.mine([...items, mark(1)])
    h.mine(other)
    expect(hazardsIn(feed(follower, h))).toEqual([])
    expect(prosecute(h, follower)).toBe(0)
  })

  test('told by the stake chain itself', () => {
    const [h, follower] = start()
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] })))
    const other = segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] }))
    expect(hazardsIn(follower.conflicting(other))).toMatchObject([
      { kind: 'final-conflict', reason: 'stake-chain' },
    ])
    expect(prosecute(h, follower)).toBe(4)
  })

  test('that go on are said again only when they accuse somebody more', () => {
    const [h, follower] = start()
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] })))
    const other = (length: number, signers?: readonly Party[]) => {
      const bodies = [[h.transfer(0, { amount: 3n })], ...Array.from({ length }, () => [])]
      return follower.conflicting(segmentOf(h.checkpoint({ bodies, ...(signers && { signers }) })))
    }
    const three = h.validators.slice(0, 3)
    const told = [other(0, three), other(0), other(1), other(2)]
    expect(told.map((effects) => hazardsIn(effects).length)).toEqual([1, 1, 0, 0])
    expect(prosecute(h, follower)).toBe(4)
  })

  test.each([
    [1, 'at the height where ours ends'],
    [2, 'above it'],
  ])('told by the stake chain without its first %i blocks, it begins %s: enough to slash', (missing) => {
    const [h, follower] = start()
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)], []] })))
    const { blocks, certificate } = segmentOf(
      h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })], [], []] }),
    )
    const found = hazardsIn(follower.conflicting({ blocks: blocks.slice(missing), certificate }))
    expect(found).toMatchObject([{ kind: 'final-conflict', reason: 'stake-chain', lost: [] }])
    expect(found[0]!.chains).toHaveLength(2)
    expect(prosecute(h, follower)).toBe(4)
    expect(slashedIn(h)).toHaveLength(4)
  })

  test('so much later that what is there shows no contradiction, it is a hazard all the same', () => {
    const [h, follower] = start()
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] })))
    const { blocks, certificate } = segmentOf(
      h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })], [], []] }),
    )
    expect(hazardsIn(follower.conflicting({ blocks: blocks.slice(2), certificate }))).toMatchObject([
      { kind: 'final-conflict', reason: 'stake-chain', chains: [{ blocks: [blocks[2]] }] },
    ])
    expect(prosecute(h, follower)).toBe(0)
  })

  test('one waiting as a checkpoint far from where it parts, for whoever knows the physical chain alone', () => {
    const [h, follower] = start()
    const fork = h.fork()
    h.mine(h.checkpoint({ bodies: [[h.transfer(0)], []] }))
    feed(follower, h)
    fork.mine(fork.checkpoint({ bodies: [[fork.transfer(0, { amount: 3n })]] }))
    // Its first block stands on one that no checkpoint here has.
    expect(hazardsIn(follower.offered(fork.checkpoint({ bodies: [[], []] })))).toMatchObject([
      { kind: 'final-conflict', reason: 'checkpoint' },
    ])
    expect(prosecute(h, follower)).toBe(4)
  })

  test('ours told after the other was checkpointed, by a validator that signed it: it accuses all the same', () => {
    const h = newHarness()
    for (let i = 0; i < 6; i++) h.mine([mark(i)])
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    const misled = segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] }))
    h.mine(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]], signers: h.validators.slice(1) }))
    feed(follower, h)
    expect(hazardsIn(follower.finalized(misled)).map(({ kind }) => kind)).toContain('final-conflict')
    expect(prosecute(h, follower)).toBe(3)
    expect(
      slashedIn(h)
        .map(([key]) => key)
        .sort(),
    ).toEqual(keysOf(h.validators.slice(1)))
  })

  test('both told by the stake chain: beside what is held', () => {
    const [h, follower] = start()
    const [own, other] = [7n, 3n].map((amount) =>
      segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount })]] })),
    )
    follower.finalized(own!)
    expect(hazardsIn(follower.finalized(other!))).toMatchObject([
      { kind: 'final-conflict', reason: 'other-chain' },
    ])
    expect(prosecute(h, follower)).toBe(4)
  })

  test('what goes on where ours ends, or is a part of it, is no contradiction', () => {
    const [h, follower] = start()
    const fork = h.fork()
    const parts = [0, 1, 2].map((nonce) => {
      const items = fork.checkpoint({ bodies: [[fork.transfer(nonce)], []] })
      fork.mine(items)
      return items
    })
    h.mine(parts[0]!)
    feed(follower, h)
    for (const items of [...parts, ...parts]) {
      expect(hazardsIn(follower.offered(items))).toEqual([])
      expect(hazardsIn(follower.finalized(segmentOf(items)))).toEqual([])
    }
    expect(prosecute(h, follower)).toBe(0)
  })
})

test('votes that contradict each other wait for a header, and then count (S1)', () => {
  const [h, follower] = start()
  const items = h.checkpoint({ bodies: [[h.transfer(0)]] })
  const { blocks, certificate } = segmentOf(items)
  const epochId = h.state.epoch.id
  const view = blocks[0]!.header.view
  const one = voteOf(certificate, 1)!
  const two = voteOf(h.certificate(h.state.epoch, view, 'final', hash('test/other')), 1)!
  const evidence: Evidence = { rule: 'S1', epochId, view, offender: 1, a: one, b: two }
  // Nobody knows a header yet.
  expect(follower.accuse(evidence, [])).toEqual([])
  h.mine(items)
  expect(prosecute(h, follower)).toBe(1)
  const offender = toHex(h.epochZero.validators.validators[1]!.publicKey)
  expect(slashedIn(h)).toEqual([[offender, 'S1']])
  // With the header at hand at once.
  const [other, second] = start()
  const said = second.accuse(evidence, [blocks[0]!.header])
  expect(itemsIn(said, 'evidence')).toHaveLength(1)
  other.mine(itemsIn(said, 'evidence'))
  expect(slashedIn(other)).toHaveLength(1)
})

test.each([
  [true, 4],
  [false, 0],
])(
  'whoever certified a block that does not execute is charged if that is an offence (S4): %s',
  (slashBadState, guilty) => {
    const h = harness({ parameters: { ...ci, slashBadState } })
    for (let i = 0; i < 6; i++) h.mine([mark(i)])
    const follower = followerOf(h)
    feed(follower, h)
    const items = h.checkpoint({ change: (header) => ({ ...header, stateRoot: hash('test/wrong') }) })
    expect(hazardsIn(follower.finalized(segmentOf(items)))).toHaveLength(1)
    expect(prosecute(h, follower)).toBe(guilty)
    expect(slashedIn(h).map(([, rule]) => rule)).toEqual(Array(guilty).fill('S4'))
  },
)

describe('in RECORDED', () => {
  const recorded = (): [Harness, HybridFollower] => {
    const h = newHarness()
    while (h.state.mode.recorded?.open == null) h.mine()
    for (let i = 0; i < ci.kappa; i++) h.mine()
    const follower = followerOf(h)
    feed(follower, h)
    return [h, follower]
  }
  const kinds = (items: readonly Item[]) =>
    items.map((item) => ('bytes' in item ? decodeCharge(item.bytes).kind : item.kind))

  test('two targets of one validator, wherever they stand, are charged (R1)', () => {
    const [h, follower] = recorded()
    const target = {
      window: h.state.mode.recorded!.open!.window,
      hash: hash('test/fork'),
      stateRoot: hash('test/root'),
    }
    // One waits for a block, the other is in one.
    follower.offered([h.recordedVote(h.validators[2]!, { target })])
    h.mine([h.recordedVote(h.validators[2]!)])
    const items = itemsIn(feed(follower, h), 'evidence')
    expect(kinds(items)).toEqual(['recorded'])
    h.mine(items)
    expect(slashedIn(h)).toEqual([[h.validators[2]!.key, 'R1']])
    expect(h.state.mode.recorded!.validators.has(h.validators[2]!.key)).toBe(false)
  })

  test('two targets of one plot are charged, and it votes no more (F2)', () => {
    const [h, follower] = recorded()
    follower.offered([h.spaceVote(h.farmers[1]!, { targetHash: hash('test/fork') })])
    h.mine([h.spaceVote(h.farmers[1]!)])
    const items = itemsIn(feed(follower, h), 'evidence')
    expect(kinds(items)).toEqual(['space'])
    h.mine(items)
    expect(h.records.filter(({ kind }) => kind === 'banned')).toHaveLength(1)
    expect(itemsIn(feed(follower, h), 'evidence')).toEqual([])
  })

  test("strangers' votes do not crowd out the votes that count", () => {
    const [h, follower] = recorded()
    const target = {
      window: h.state.mode.recorded!.open!.window,
      hash: hash('test/fork'),
      stateRoot: hash('test/root'),
    }
    follower.offered([h.recordedVote(h.validators[2]!, { target })])
    const strangers = Array.from({ length: 4200 }, (_, i) =>
      h.recordedVote(h.rich, { epochId: hash('test/epoch', Uint8Array.of(i & 255, i >> 8)) }),
    )
    follower.offered(strangers)
    h.mine([h.recordedVote(h.validators[2]!)])
    expect(kinds(itemsIn(feed(follower, h), 'evidence'))).toEqual(['recorded'])
  })

  test('a vote that its validator did not sign accuses nobody', () => {
    const [h, follower] = recorded()
    const target = {
      window: h.state.mode.recorded!.open!.window,
      hash: hash('test/fork'),
      stateRoot: hash('test/root'),
    }
    const forged: Partial<RecordedVote> = { target, signature: new Uint8Array(64) }
    follower.offered([h.recordedVote(h.validators[2]!, forged)])
    h.mine([h.recordedVote(h.validators[2]!)])
    expect(itemsIn(feed(follower, h), 'evidence')).toEqual([])
  })
})

test('garbage among items is nothing', () => {
  const [, follower] = start()
  const kinds = [
    'checkpoint',
    'checkpoint-bodies',
    'forced-transaction',
    'stake-evidence',
    'recorded-vote',
    'space-vote',
  ] as const
  expect(follower.offered(kinds.map((kind): Item => ({ kind, bytes: Uint8Array.of(1, 2, 3) })))).toEqual([])
})

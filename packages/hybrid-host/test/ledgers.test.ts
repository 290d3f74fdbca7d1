import { proveState, stateRootOf, verifyStateProof } from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import { zeroHash } from '@groundwork/primitives'
import { hashHeader } from '@groundwork/stake-core'
import { describe, expect, test } from 'vitest'
import { forced, type Harness, harness, party } from '../../hybrid-core/test/harness.ts'
import type { HybridFollower } from '../src/index.ts'
import { ci, deliveredIn, feed, followerOf, hazardsIn, mark, newHarness, segmentOf } from './kit.ts'

const poor = party('poor').publicKey
const balances = (follower: HybridFollower) => {
  const { fast, anchored, phys } = follower.ledgers()
  return [fast, anchored, phys].map(({ execution }) => Number(execution.ledger.account(poor).balance))
}
/** A chain of this height, and its follower. */
function at(height: number, change: Parameters<typeof followerOf>[1] = {}): [Harness, HybridFollower] {
  const h = newHarness()
  while (h.state.height < height) h.mine()
  const follower = followerOf(h, change)
  feed(follower, h)
  return [h, follower]
}
const mine = (h: Harness, count: number) => {
  for (let i = 0; i < count; i++) h.mine([mark(i)])
}

describe('the ledgers', () => {
  test('a final block is fast at once, anchored and phys when its checkpoint is confirmed', () => {
    const [h, follower] = at(5)
    const items = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    const effects = follower.finalized(segmentOf(items))
    expect(deliveredIn(effects)).toHaveLength(1)
    expect(balances(follower)).toEqual([8, 1, 1])
    h.mine(items)
    feed(follower, h)
    mine(h, ci.kappa - 1)
    feed(follower, h)
    expect(balances(follower)).toEqual([8, 1, 1])
    h.mine()
    feed(follower, h)
    expect(balances(follower)).toEqual([8, 8, 8])
  })

  test('account proofs of all three hold against their roots', () => {
    const [h, follower] = at(5)
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })))
    for (const { execution } of Object.values(follower.ledgers())) {
      const shown = proveState(execution, poor)
      expect(verifyStateProof(stateRootOf(execution), poor, shown)).toBe(true)
      expect(verifyStateProof(stateRootOf(execution), h.rich.publicKey, shown)).toBe(false)
    }
  })

  test('a forced transaction is phys once it is confirmed, fast once a delivered block had to execute it', () => {
    const [h, follower] = at(5)
    const bytes = h.transfer(0, { amount: 7n })
    h.mine([forced(bytes)])
    const id = transactionId(bytes)
    feed(follower, h)
    expect(follower.transaction(id)).toMatchObject({
      included: { by: 'forced', posted: 6, executed: null },
      phys: false,
    })
    mine(h, ci.kappa)
    feed(follower, h)
    expect(balances(follower)).toEqual([1, 1, 8])
    expect(follower.transaction(id)).toMatchObject({
      fast: false,
      anchored: false,
      phys: true,
      valueAtLoss: null,
    })
    const items = h.checkpoint()
    follower.finalized(segmentOf(items))
    expect(balances(follower)).toEqual([8, 1, 8])
    expect(follower.transaction(id)).toMatchObject({
      fast: true,
      anchored: false,
      phys: true,
      valueAtLoss: 27,
    })
    h.mine(items)
    mine(h, ci.kappa)
    feed(follower, h)
    expect(balances(follower)).toEqual([8, 8, 8])
    expect(follower.transaction(id)).toMatchObject({
      fast: true,
      anchored: true,
      included: { executed: 10, code: null },
    })
  })

  test('says for a transaction of the stake chain how far it has come, and what stands behind it', () => {
    const [h, follower] = at(5)
    const bytes = h.transfer(0)
    const id = transactionId(bytes)
    expect(follower.transaction(id)).toBeNull()
    const items = h.checkpoint({ bodies: [[bytes]], signers: h.validators.slice(0, 3) })
    follower.finalized(segmentOf(items))
    // Of 40 the quorum is 27: 30 bonded less what a quorum leaves to chance.
    expect(follower.transaction(id)).toMatchObject({
      included: { by: 'stake', height: 1 },
      fast: true,
      anchored: false,
      phys: false,
      valueAtLoss: 17,
      spaceTimeCost: null,
    })
    h.mine(items)
    mine(h, ci.kappa)
    feed(follower, h)
    // Three plots of 1000 for three slots of a second.
    expect(follower.transaction(id)).toMatchObject({
      fast: true,
      anchored: true,
      phys: true,
      valueAtLoss: 17,
      spaceTimeCost: 3n * 1000n * 3000n,
    })
    // A node without the stake chain says the same of what is anchored.
    const late = followerOf(h)
    feed(late, h)
    expect(late.transaction(id)).toEqual(follower.transaction(id))
  })
})

describe('R5a', () => {
  // 18 - 3 - 3 blocks after the last checkpoint the window is closed.
  test.each([
    [11, 1],
    [12, 0],
  ])('at %i blocks without a checkpoint %i blocks are delivered', (height, delivered) => {
    const [h, follower] = at(height)
    const effects = follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] })))
    expect(deliveredIn(effects)).toHaveLength(delivered)
    expect(effects.filter(({ kind }) => kind === 'pending')).toHaveLength(1 - delivered)
  })

  test('what came late is delivered when its checkpoint is confirmed', () => {
    const [h, follower] = at(13)
    const items = h.checkpoint({ bodies: [[h.transfer(0)]] })
    follower.finalized(segmentOf(items))
    h.mine(items)
    mine(h, ci.kappa - 1)
    expect(deliveredIn(feed(follower, h))).toEqual([])
    h.mine()
    expect(deliveredIn(feed(follower, h))).toHaveLength(1)
  })

  test('a certificate in time does not help a block whose anchor is seen too late', () => {
    const [h, follower] = at(5)
    const ahead = h.fork()
    mine(ahead, 5)
    expect(deliveredIn(follower.finalized(segmentOf(ahead.checkpoint({ anchor: 7 }))))).toEqual([])
    mine(ahead, 3)
    const effects = feed(follower, ahead)
    expect(deliveredIn(effects)).toEqual([])
    expect(effects.filter(({ kind }) => kind === 'pending')).toHaveLength(1)
  })

  test('nothing is delivered on an old tip', () => {
    const [h, follower] = at(5)
    follower.clock(5 + ci.staleSlots)
    expect(deliveredIn(follower.finalized(segmentOf(h.checkpoint())))).toEqual([])
  })

  test('a block that came in time delivers the late ones below it', () => {
    const [h, follower] = at(5)
    const bodies = [0, 1, 2].map((nonce) => [h.transfer(nonce)])
    const { blocks } = segmentOf(h.checkpoint({ bodies, anchor: 4 }))
    const final = (i: number) => {
      const { header } = blocks[i]!
      return {
        blocks: [blocks[i]!],
        certificate: h.certificate(h.epochZero, header.view, 'final', hashHeader(header)),
      }
    }
    expect(deliveredIn(follower.finalized(final(0)))).toHaveLength(1)
    const items = h.checkpoint({ bodies: bodies.slice(0, 1), anchor: 4 })
    mine(h, 7)
    feed(follower, h)
    expect(deliveredIn(follower.finalized(final(1)))).toEqual([])
    // The first one's checkpoint still refreshes: the window opens again, and the second block is as late as before.
    h.mine(items)
    mine(h, ci.kappa)
    expect(h.records).toContainEqual(
      expect.objectContaining({ kind: 'checkpoint-accepted', refreshing: true }),
    )
    expect(deliveredIn(feed(follower, h))).toEqual([])
    expect(deliveredIn(follower.finalized(final(2)))).toHaveLength(2)
  })
})

describe('a hazard is recorded', () => {
  test('when a reorganisation orphans the anchor of a delivered block', () => {
    const [h, follower] = at(6)
    const other = newHarness()
    mine(other, 7)
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })))
    expect(balances(follower)[0]).toBe(8)
    const hazards = hazardsIn(feed(follower, other))
    expect(hazards.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['confirmed-reverted', 'deep-reorganisation'],
      ['fast-reverted', 'anchor-orphaned'],
    ])
    expect(hazards[1]).toMatchObject({ branch: { fork: 0, height: 7 }, lost: [{ epoch: 0, height: 1 }] })
    expect(hazards[1]!.certificates).toHaveLength(1)
    expect(balances(follower)[0]).toBe(1)
    expect(follower.hazards).toHaveLength(2)
    // Back again, it is told again.
    mine(h, 2)
    expect(deliveredIn(feed(follower, h))).toHaveLength(1)
  })

  test('of what a deep reorganisation took back, and of no checkpoint below what is kept', () => {
    const [h, follower] = at(5, { keepBlocks: 24 })
    const items = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    follower.finalized(segmentOf(items))
    h.mine(items)
    mine(h, 40)
    expect(hazardsIn(feed(follower, h))).toEqual([])
    const other = h.fork()
    mine(h, ci.kappa + 1)
    expect(hazardsIn(feed(follower, h))).toEqual([])
    for (let i = 0; i < ci.kappa + 2; i++) other.mine([mark(100 + i)])
    expect(hazardsIn(feed(follower, other))).toMatchObject([{ kind: 'confirmed-reverted', lost: [] }])
    expect(balances(follower)).toEqual([8, 8, 8])
  })

  test('of a reorganisation onto a branch longer than what is kept, and of no checkpoint below the fork', () => {
    const [h, follower] = at(5, { keepBlocks: 24 })
    const items = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    follower.finalized(segmentOf(items))
    h.mine(items)
    mine(h, 4)
    const other = h.fork()
    mine(h, ci.kappa + 1)
    feed(follower, h)
    for (let i = 0; i < 40; i++) other.mine([mark(100 + i)])
    expect(hazardsIn(feed(follower, other))).toMatchObject([{ kind: 'confirmed-reverted', lost: [] }])
    expect(balances(follower)).toEqual([8, 8, 8])
  })

  test('when a delivered block is not checkpointed before RECORDED, once that is confirmed', () => {
    const [h, follower] = at(10)
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })))
    mine(h, ci.stallDeadlineBlocks - 10 + ci.kappa - 1)
    expect(hazardsIn(feed(follower, h))).toEqual([])
    expect(balances(follower)[0]).toBe(8)
    h.mine()
    expect(hazardsIn(feed(follower, h))).toMatchObject([{ kind: 'fast-reverted', reason: 'recorded' }])
    expect(balances(follower)[0]).toBe(1)
  })

  test('when a block that was never delivered is void', () => {
    const [h, follower] = at(14)
    follower.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] })))
    mine(h, ci.stallDeadlineBlocks - 14 + ci.kappa)
    expect(hazardsIn(feed(follower, h))).toMatchObject([{ kind: 'final-void', reason: 'recorded' }])
    mine(h, 3)
    expect(hazardsIn(feed(follower, h))).toEqual([])
  })

  test('when a certified block does not execute', () => {
    const [h, follower] = at(6)
    const change = (
      header: Parameters<NonNullable<Parameters<Harness['checkpoint']>[0]>['change'] & {}>[0],
    ) => ({
      ...header,
      stateRoot: zeroHash,
    })
    const effects = follower.finalized(segmentOf(h.checkpoint({ change })))
    expect(hazardsIn(effects)).toMatchObject([{ kind: 'final-invalid', reason: 'state-root' }])
    expect(deliveredIn(effects)).toEqual([])
    mine(h, 1)
    expect(hazardsIn(feed(follower, h))).toEqual([])
  })

  test('when another chain is checkpointed, with both chains and what they prove', () => {
    const [h, follower] = at(6)
    const own = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    follower.finalized(segmentOf(own))
    h.mine(h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] }))
    const [conflict] = hazardsIn(feed(follower, h))
    expect(conflict).toMatchObject({ kind: 'final-conflict' })
    expect(conflict!.chains).toHaveLength(2)
    mine(h, ci.kappa)
    expect(hazardsIn(feed(follower, h))).toMatchObject([
      { kind: 'fast-reverted', reason: 'other-checkpoint' },
    ])
    // follow-physical: what the physical chain holds counts.
    expect(balances(follower)).toEqual([4, 4, 4])
  })

  test('and under `halt` the ledgers stay as they were', () => {
    const [h, follower] = at(10, { onConflict: 'halt' })
    const items = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
    follower.finalized(segmentOf(items))
    mine(h, ci.stallDeadlineBlocks)
    feed(follower, h)
    expect(follower.isHalted).toBe(true)
    expect(balances(follower)).toEqual([8, 1, 1])
    expect(deliveredIn(follower.finalized(segmentOf(items)))).toEqual([])
  })
})

test('blocks of the next epoch are delivered before the terminal block is checkpointed (R11)', () => {
  const parameters = { ...ci, epochHeights: 4 }
  const h = harness({ parameters })
  mine(h, 6)
  const follower = followerOf(h)
  feed(follower, h)
  // Heights 1 to 3: the third ends the epoch.
  const first = h.checkpoint({ bodies: [[h.transfer(0)], [], []] })
  const ahead = h.fork()
  ahead.mine(first)
  expect(ahead.state.epoch.number).toBe(1)
  const second = ahead.checkpoint({ bodies: [[ahead.transfer(1)]], anchor: 3 })
  follower.finalized(segmentOf(first))
  expect(deliveredIn(follower.finalized(segmentOf(second)))).toHaveLength(1)
  expect(follower.ledgers().fast.stake).toMatchObject({ epoch: 1, height: 4 })
  h.mine(first)
  h.mine(second)
  mine(h, ci.kappa)
  expect(hazardsIn(feed(follower, h))).toEqual([])
  expect(follower.ledgers().anchored.stake).toMatchObject({ epoch: 1, height: 4 })
})

import { toHex } from '@groundwork/primitives'
import { hashHeader } from '@groundwork/stake-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../../hybrid-core/test/harness.ts'
import {
  compactJournal,
  type FollowerEffect,
  type FollowerInit,
  type FollowerJournalEntry,
  type HybridFollower,
} from '../src/index.ts'
import { ci, deliveredIn, feed, followerOf, hazardsIn, mark, newHarness, segmentOf } from './kit.ts'

/** A node that is killed between two inputs: what it persisted is all that the next life has. */
function node(change: Partial<FollowerInit> = {}) {
  const journal: FollowerJournalEntry[] = []
  let follower: HybridFollower
  const start = (more: Partial<FollowerInit> = {}) => {
    const h = chain()
    follower = followerOf(h, { ...change, journal: compactJournal(journal), ...more })
  }
  const keep = (effects: readonly FollowerEffect[]): readonly FollowerEffect[] => {
    for (const effect of effects) if (effect.kind === 'persist') journal.push(...effect.entries)
    return effects
  }
  const chain = newHarness
  start()
  return {
    get follower() {
      return follower
    },
    journal,
    restart: start,
    feed: (h: Harness) => keep(feed(follower, h)),
    finalized: (items: Parameters<typeof segmentOf>[0]) => keep(follower.finalized(segmentOf(items))),
  }
}

const mine = (h: Harness, count: number): Harness => {
  for (let i = 0; i < count; i++) h.mine([mark(i)])
  return h
}
const kinds = (effects: readonly FollowerEffect[]) =>
  hazardsIn(effects).map(({ kind, reason }) => [kind, reason])

/** A node on a chain of this height that has handed out one block, and the items that would checkpoint it. */
function told(height = 6) {
  const h = mine(newHarness(), height)
  const one = node()
  one.feed(h)
  const items = h.checkpoint({ bodies: [[h.transfer(0, { amount: 7n })]] })
  const effects = one.finalized(items)
  expect(deliveredIn(effects)).toHaveLength(1)
  return { h, one, items, effects }
}

describe('what was delivered is known after a crash', () => {
  test('it is durable before anybody is told', () => {
    const { effects } = told()
    const kindsInOrder = effects.map(({ kind }) => kind)
    expect(kindsInOrder.indexOf('persist')).toBeGreaterThanOrEqual(0)
    expect(kindsInOrder.indexOf('persist')).toBeLessThan(kindsInOrder.indexOf('delivered'))
  })

  test('a checkpoint of another block in its place is a hazard', () => {
    const { h, one, items } = told()
    const [lost] = segmentOf(items).blocks
    one.restart()
    const other = h.checkpoint({ bodies: [[h.transfer(0, { amount: 3n })]] })
    h.mine(other)
    expect(hazardsIn(one.feed(h))).toEqual([])
    mine(h, ci.kappa)
    const [hazard, ...more] = hazardsIn(one.feed(h))
    expect(more).toEqual([])
    expect(hazard).toMatchObject({ kind: 'fast-reverted', reason: 'other-checkpoint' })
    expect(hazard!.lost).toMatchObject([{ epoch: 0, height: lost!.header.height }])
    expect(hazard!.instead).toMatchObject([{ height: 1 }])
    // Said once, in this life and in the next.
    mine(h, 2)
    expect(kinds(one.feed(h))).toEqual([])
    one.restart()
    mine(h, 1)
    expect(kinds(one.feed(h))).toEqual([])
  })

  test('RECORDED without it is a hazard', () => {
    const { h, one } = told(10)
    one.restart()
    mine(h, ci.stallDeadlineBlocks - 10 + ci.kappa)
    expect(kinds(one.feed(h))).toEqual([['fast-reverted', 'recorded']])
  })

  test('a chain that never had its anchor is a hazard', () => {
    const { one } = told()
    one.restart()
    const other = newHarness()
    for (let i = 0; i < 9; i++) other.mine([mark(1000 + i)])
    expect(kinds(one.feed(other))).toEqual([['fast-reverted', 'anchor-orphaned']])
  })

  test('also where the contradiction is further below the tip than states are kept', () => {
    const { h, one } = told()
    one.restart({ keepBlocks: 24 })
    mine(h, 90)
    expect(kinds(one.feed(h))).toEqual([['fast-reverted', 'recorded']])
  })

  test('also when the way to the tip is told in parts', () => {
    const { h, one } = told()
    one.restart()
    mine(h, 60)
    one.follower.clock(h.state.height)
    const effects: FollowerEffect[] = []
    for (let from = 0; from < h.blocks.length; from += 5) {
      const adopted = h.blocks.slice(from, from + 5)
      effects.push(...one.follower.physical({ adopted, more: from + 5 < h.blocks.length }))
    }
    expect(kinds(effects)).toEqual([['fast-reverted', 'recorded']])
  })

  test('its own checkpoint is none', () => {
    const { h, one, items } = told()
    one.restart()
    h.mine(items)
    mine(h, ci.kappa + 2)
    expect(kinds(one.feed(h))).toEqual([])
    one.restart()
    expect(kinds(one.feed(h))).toEqual([])
  })

  test('nor is a start from a snapshot above its checkpoint', () => {
    const { h, one, items } = told()
    h.mine(items)
    const snapshots: Uint8Array[] = []
    for (let i = 0; i < 16; i++) {
      mine(h, 1)
      for (const effect of one.feed(h)) if (effect.kind === 'store-snapshot') snapshots.push(effect.bytes)
    }
    one.restart({ snapshot: snapshots.at(-1)! })
    mine(h, 1)
    expect(kinds(one.feed(h))).toEqual([])
    expect(one.follower.state.height).toBe(h.state.height)
  })

  test('told again, it is in `fast` as before, however late that is', () => {
    const { h, one, items } = told()
    one.restart()
    // Too near the deadline to hand out anything new.
    mine(h, 7)
    one.feed(h)
    const effects = one.finalized(items)
    expect(deliveredIn(effects).map(toHex)).toHaveLength(1)
    expect(one.follower.ledgers().fast.stake.height).toBe(1)
    const fresh = node()
    fresh.feed(h)
    expect(deliveredIn(fresh.finalized(items))).toEqual([])
  })

  test('told again and then void, it was reverted, not merely void', () => {
    const { h, one, items } = told(10)
    one.restart()
    // Too late to hand it out for the first time.
    mine(h, 3)
    one.feed(h)
    one.finalized(items)
    mine(h, ci.stallDeadlineBlocks - 13 + ci.kappa)
    expect(kinds(one.feed(h))).toEqual([['fast-reverted', 'recorded']])
  })

  test('void before it is told again, it is reported once', () => {
    const { h, one, items } = told(10)
    one.restart()
    mine(h, ci.stallDeadlineBlocks - 10 + ci.kappa)
    expect(kinds(one.feed(h))).toEqual([['fast-reverted', 'recorded']])
    expect(kinds(one.finalized(items))).toEqual([])
    mine(h, 1)
    expect(kinds(one.feed(h))).toEqual([])
  })
})

test('the journal keeps every vote of the last windows beside any number of deliveries, and stays bounded', () => {
  const { h, one } = told()
  const [entry] = one.journal
  expect(entry?.kind).toBe('delivered')
  const block = entry?.kind === 'delivered' ? entry.blocks[0]! : null
  const vote: FollowerJournalEntry = {
    kind: 'recorded-vote',
    vote: {
      epochId: h.state.epoch.id,
      validator: h.validators[0]!.publicKey,
      source: { window: -1, hash: h.state.hash },
      target: { window: 1, hash: h.state.hash, stateRoot: h.state.hash },
      signature: new Uint8Array(64),
    },
  }
  const name = (i: number) => new Uint8Array(32).fill(i & 255).fill(i >> 8, 1)
  const many = Array.from({ length: 10_000 }, (_, i): FollowerJournalEntry => {
    return { kind: 'delivered', blocks: [{ ...block!, height: i, hash: name(i) }] }
  })
  const kept = compactJournal([vote, ...many, { kind: 'taken-back', hashes: [name(9_999)] }])
  expect(kept).toContain(vote)
  const blocks = kept.flatMap((one) => (one.kind === 'delivered' ? one.blocks : []))
  expect(blocks.length).toBeLessThanOrEqual(2_048)
  expect(blocks.at(-1)?.height).toBe(9_998)
})

/** Stake blocks that the best physical chain has taken. */
function checkpointed(h: Harness): Set<string> {
  const accepted = new Set(
    h.records.flatMap((one) => (one.kind === 'checkpoint-accepted' ? [one.height] : [])),
  )
  const taken = h.blocks.filter(({ block }) => accepted.has(block.foliage.height))
  return new Set(
    taken.flatMap(({ block }) =>
      segmentOf(block.items).blocks.map(({ header }) => toHex(hashHeader(header))),
    ),
  )
}

test('whatever was ever delivered is checkpointed in the end or was in a hazard, wherever the node was killed', () => {
  const moves = fc.array(
    fc.record({
      what: fc.constantFrom('mine', 'mine', 'finalise', 'finalise', 'checkpoint', 'reorg', 'kill', 'kill'),
      count: fc.integer({ min: 1, max: 5 }),
    }),
    { minLength: 5, maxLength: 30 },
  )
  let reversals = 0
  fc.assert(
    fc.property(moves, (all) => {
      let h = mine(newHarness(), 6)
      let name = 100
      const one = node()
      const delivered = new Set<string>()
      const lost = new Set<string>()
      const hear = (effects: readonly FollowerEffect[]) => {
        for (const hash of deliveredIn(effects)) delivered.add(toHex(hash))
        for (const hazard of hazardsIn(effects))
          if (hazard.kind === 'fast-reverted') for (const { hash } of hazard.lost) lost.add(toHex(hash))
      }
      hear(one.feed(h))
      for (const { what, count } of all) {
        const mayEnd = h.state.mode.recorded === null
        if (what === 'mine') for (let i = 0; i < count; i++) h.mine([mark(++name)])
        if (what === 'kill') one.restart()
        if (what === 'reorg') {
          const copy = newHarness()
          for (const { block } of h.blocks.slice(0, Math.max(1, h.state.height - 2 * count)))
            copy.mine(block.items)
          h = copy
          for (let i = 0; i <= 2 * count; i++) h.mine([mark(++name)])
        }
        if ((what === 'finalise' || what === 'checkpoint') && mayEnd) {
          const { nonce } = h.state.execution.ledger.account(h.rich.publicKey)
          const items = h.checkpoint({ bodies: [[h.transfer(nonce, { amount: BigInt(++name) })]] })
          if (what === 'checkpoint') h.mine(items)
          else hear(one.finalized(items))
        }
        hear(one.feed(h))
      }
      mine(h, ci.stallDeadlineBlocks + 2 * ci.kappa)
      hear(one.feed(h))
      const taken = checkpointed(h)
      for (const key of delivered) if (!taken.has(key)) expect(lost).toContain(key)
      reversals += lost.size
    }),
    { numRuns: 40 },
  )
  expect(reversals).toBeGreaterThan(20)
})

import {
  contradictionOf,
  type RecordedVote,
  type SpaceVote,
  spaceVoteAttempts,
} from '@groundwork/hybrid-core'
import { plotIdOf } from '@groundwork/physical-core'
import { equal, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Harness, Party } from '../../hybrid-core/test/harness.ts'
import { type FollowerEffect, type HybridFollower, isVote, type VoteJournalEntry } from '../src/index.ts'
import { ci, feed, followerOf, itemsIn, mark, newHarness, signerOf } from './kit.ts'

const journaled = (effects: readonly FollowerEffect[]): VoteJournalEntry[] =>
  effects.flatMap((effect) => (effect.kind === 'persist' ? effect.entries.filter(isVote) : []))

/** A chain in RECORDED whose first target is this deep. */
function recorded(depth: number): Harness {
  const h = newHarness()
  while (h.state.mode.recorded?.open == null) h.mine()
  for (let i = 0; i < depth; i++) h.mine()
  return h
}

const plotOf = (who: Party) => ({ plotId: plotIdOf(who.publicKey, 0), k: 16 })

/** Answers look-ups as the harness' plots do. */
function prove(follower: HybridFollower, effects: readonly FollowerEffect[]): FollowerEffect[] {
  return effects.flatMap((effect) => {
    if (effect.kind !== 'look-up') return []
    const proof = new Uint8Array(128)
    proof[0] = 1
    const { plotId, window, targetHash } = effect
    return [...follower.spaceProof({ plotId, window, targetHash, attempt: 0, proof })]
  })
}

describe('a validator votes', () => {
  test.each([
    [ci.kappa - 1, 0],
    [ci.kappa, 1],
  ])('at depth %i of a target %i times', (depth, votes) => {
    const h = recorded(depth)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    expect(itemsIn(feed(follower, h), 'recorded-vote')).toHaveLength(votes)
  })

  test('journals before anything leaves, and its vote counts', () => {
    const h = recorded(ci.kappa)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    const effects = feed(follower, h).filter(({ kind }) => kind === 'persist' || kind === 'items')
    expect(effects.map(({ kind }) => kind)).toEqual(['persist', 'items'])
    h.mine(itemsIn(effects, 'recorded-vote'))
    expect([...h.state.mode.recorded!.present]).toEqual([h.validators[0]!.key])
    // Counted: it is not said again.
    expect(itemsIn(feed(follower, h), 'recorded-vote')).toEqual([])
  })

  test('says the same vote again while it is missing, also after a restart from its journal', () => {
    const h = recorded(ci.kappa)
    const validator = signerOf(h.validators[0]!)
    const follower = followerOf(h, { validator })
    const first = feed(follower, h)
    h.mine()
    const second = feed(follower, h)
    expect(journaled(second)).toEqual([])
    expect(itemsIn(second, 'recorded-vote')).toEqual(itemsIn(first, 'recorded-vote'))
    const silent = { ...validator, sign: () => expect.fail('signed again') }
    const restarted = followerOf(h, { validator: silent, journal: journaled(first) })
    expect(itemsIn(feed(restarted, h), 'recorded-vote')).toEqual(itemsIn(first, 'recorded-vote'))
  })

  test('not on an old tip, not if it has no seat', () => {
    const h = recorded(ci.kappa)
    const stale = followerOf(h, { validator: signerOf(h.validators[0]!) })
    stale.clock(h.state.height + ci.staleSlots)
    expect(journaled(feed(stale, h))).toEqual([])
    const stranger = followerOf(h, { validator: signerOf(h.rich) })
    expect(journaled(feed(stranger, h))).toEqual([])
  })
})

describe('a plot votes', () => {
  test('once for each target, with a proof for one of its challenges, and its vote counts', () => {
    const h = recorded(ci.kappa)
    const who = h.farmers[0]!
    const follower = followerOf(h, { farmer: signerOf(who) })
    follower.plots([plotOf(who), { plotId: plotIdOf(h.farmers[1]!.publicKey, 0), k: 16 }])
    const effects = feed(follower, h)
    const lookUps = effects.filter(({ kind }) => kind === 'look-up')
    expect(lookUps).toHaveLength(1)
    expect(lookUps[0]).toMatchObject({ challenges: { length: spaceVoteAttempts }, k: 16 })
    const answered = prove(follower, effects)
    expect(answered.map(({ kind }) => kind)).toEqual(['persist', 'items'])
    expect(prove(follower, effects)).toEqual([])
    h.mine(itemsIn(answered, 'space-vote'))
    expect([...h.state.mode.recorded!.space]).toEqual([toHex(plotOf(who).plotId)])
    expect(feed(follower, h).filter(({ kind }) => kind === 'look-up' || kind === 'items')).toEqual([])
  })

  test('not before its target is kappa deep', () => {
    const h = recorded(ci.kappa - 1)
    const follower = followerOf(h, { farmer: signerOf(h.farmers[0]!) })
    follower.plots([plotOf(h.farmers[0]!)])
    expect(feed(follower, h).filter(({ kind }) => kind === 'look-up')).toEqual([])
  })
})

test('on any forks, with restarts anywhere, no validator and no plot ever signs what contradicts (R1, R2, F2)', () => {
  const moves = fc.array(
    fc.record({
      back: fc.nat(24),
      grow: fc.integer({ min: 1, max: 14 }),
      others: fc.boolean(),
      restart: fc.boolean(),
    }),
    { minLength: 4, maxLength: 14 },
  )
  let votes = 0
  fc.assert(
    fc.property(moves, (all) => {
      let h = recorded(0)
      const [validator, farmer] = [h.validators[0]!, h.farmers[0]!]
      const init = { validator: signerOf(validator), farmer: signerOf(farmer) }
      let follower = followerOf(h, init)
      follower.plots([plotOf(farmer)])
      const journal: VoteJournalEntry[] = []
      let name = 0
      for (const { back, grow, others, restart } of all) {
        h = copyOf(h, Math.max(1, h.state.height - back))
        for (let i = 0; i < grow; i++) {
          const open = h.state.mode.recorded?.open
          const items = open == null || !others ? [] : h.validators.slice(1).map((one) => h.recordedVote(one))
          const space = open == null || !others ? [] : h.farmers.slice(1).map((one) => h.spaceVote(one))
          h.mine([mark(++name), ...items, ...space])
          const effects = feed(follower, h)
          if (effects.some(({ kind }) => kind === 'missing')) follower.rewind(null)
          const said = [...effects, ...prove(follower, effects)]
          journal.push(...journaled(said))
          // What the chain takes of its own votes now.
          h.mine([...itemsIn(said, 'recorded-vote'), ...itemsIn(said, 'space-vote')])
        }
        if (restart) {
          follower = followerOf(h, { ...init, journal })
          follower.plots([plotOf(farmer)])
        }
      }
      votes += journal.length
      expect(contradictionsIn(journal)).toEqual([])
    }),
    { numRuns: 40 },
  )
  expect(votes).toBeGreaterThan(100)
})

function contradictionsIn(journal: readonly VoteJournalEntry[]): unknown[] {
  const recordedVotes = journal.flatMap((entry): RecordedVote[] =>
    entry.kind === 'recorded-vote' ? [entry.vote] : [],
  )
  const spaceVotes = journal.flatMap((entry): SpaceVote[] =>
    entry.kind === 'space-vote' ? [entry.vote] : [],
  )
  const found: unknown[] = []
  for (const [i, a] of recordedVotes.entries())
    for (const b of recordedVotes.slice(i + 1))
      if (equal(a.epochId, b.epochId) && contradictionOf(a, b, ci.surroundWindows) !== null)
        found.push([a, b])
  for (const [i, a] of spaceVotes.entries())
    for (const b of spaceVotes.slice(i + 1))
      if (a.window === b.window && !equal(a.targetHash, b.targetHash)) found.push([a, b])
  return found
}

function copyOf(h: Harness, height: number): Harness {
  const copy = newHarness()
  for (const { block } of h.blocks.slice(0, height)) copy.mine(block.items)
  return copy
}

import { type Hex, toHex } from '@groundwork/primitives'
import { hashHeader } from '@groundwork/stake-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Harness } from '../../hybrid-core/test/harness.ts'
import type { FinalSegment, LedgerPoint } from '../src/index.ts'
import { ci, feed, followerOf, hazardsIn, mark, newHarness, segmentOf } from './kit.ts'

/** Every stake block ever made, by hash: its parent. */
type Parents = Map<Hex, Hex>

function note(parents: Parents, { blocks }: FinalSegment): void {
  for (const { header } of blocks) parents.set(toHex(hashHeader(header)), toHex(header.parentHash))
}

/** Whether the later point contains the earlier one; an exit names an epoch that contains all before it. */
function contains(
  parents: Parents,
  earlier: LedgerPoint,
  later: LedgerPoint,
  exits: ReadonlySet<Hex>,
): boolean {
  const wanted = toHex(earlier.stake.hash)
  for (let at: Hex | undefined = toHex(later.stake.hash); at !== undefined; at = parents.get(at)) {
    if (at === wanted) return later.physicalHeight >= earlier.physicalHeight
    if (exits.has(at)) return earlier.stake.epoch < later.stake.epoch
  }
  return false
}

const moves = fc.array(
  fc.record({
    what: fc.constantFrom('mine', 'mine', 'finalise', 'finalise', 'checkpoint', 'reorg', 'vote'),
    count: fc.integer({ min: 1, max: 9 }),
    back: fc.nat(9),
    isDeep: fc.boolean(),
  }),
  { minLength: 5, maxLength: 40 },
)

const run = (all: typeof moves extends fc.Arbitrary<infer T> ? T : never, isShallow: boolean): number => {
  let h = newHarness()
  for (let i = 0; i < 6; i++) h.mine([mark(i)])
  const follower = followerOf(h)
  feed(follower, h)
  const parents: Parents = new Map()
  const exits = new Set<Hex>()
  let name = 100
  let hazards = 0
  let before = follower.ledgers()
  let nonce = 0

  const look = (found: number): void => {
    hazards += found
    const { epoch, tip } = follower.confirmed
    if (toHex(epoch.genesisHash) === toHex(tip.hash)) exits.add(toHex(tip.hash))
    const now = follower.ledgers()
    for (const ledger of ['fast', 'anchored'] as const)
      if (found === 0 && !contains(parents, before[ledger], now[ledger], exits))
        expect.fail(
          `${ledger} left ${before[ledger].stake.height} for ${now[ledger].stake.height} in silence`,
        )
    // 2.6: anchored is a prefix of fast and of phys.
    expect(contains(parents, now.anchored, now.fast, exits)).toBe(true)
    expect(now.phys.physicalHeight).toBeGreaterThanOrEqual(now.anchored.physicalHeight)
    if (found === 0) expect(now.phys.physicalHeight).toBeGreaterThanOrEqual(before.phys.physicalHeight)
    before = now
  }
  const step = (items: Parameters<Harness['mine']>[0] & {}): void => {
    h.mine([mark(++name), ...items])
    look(hazardsIn(feed(follower, h)).length)
  }

  for (const { what, count, back, isDeep } of all) {
    const { recorded } = h.state.mode
    if (what === 'mine') for (let i = 0; i < count; i++) step([])
    if (what === 'vote')
      for (let i = 0; i < count * 3; i++) {
        const open = h.state.mode.recorded?.open
        if (open == null) step([])
        else
          step([
            ...h.validators.map((one) => h.recordedVote(one)),
            ...h.farmers.map((one) => h.spaceVote(one)),
          ])
      }
    if (what === 'reorg') {
      const depth = isShallow ? Math.min(back, ci.kappa) : back
      const root = Math.max(1, h.state.height - depth)
      const copy = newHarness()
      for (const { block } of h.blocks.slice(0, root)) copy.mine(block.items)
      h = copy
      for (let i = 0; i <= depth; i++) h.mine([mark(++name)])
      look(hazardsIn(feed(follower, h)).length)
    }
    if ((what === 'checkpoint' || what === 'finalise') && recorded === null) {
      const from = h.state.execution.ledger.account(h.rich.publicKey).nonce
      const bodies = Array.from({ length: count % 3 }, (_, i) => [
        h.transfer(from + i, { amount: BigInt(++nonce) }),
      ])
      // Anchors are kappa deep or more.
      const anchor = Math.max(h.state.tip.anchor.height, h.state.height - ci.kappa - (isDeep ? 2 : 0))
      const items = h.checkpoint({ bodies: bodies.length === 0 ? [[]] : bodies, anchor })
      note(parents, segmentOf(items))
      if (what === 'finalise') look(hazardsIn(follower.finalized(segmentOf(items))).length)
      if (what === 'checkpoint') step(items)
    }
  }
  expect(hazards).toBeGreaterThanOrEqual(follower.hazards.length)
  return hazards
}

test('ledgers never go back unless a hazard is recorded, whatever happens on both chains', () => {
  let hazards = 0
  fc.assert(
    fc.property(moves, (all) => {
      hazards += run(all, false)
    }),
    {
      numRuns: 50,
      examples: [
        // A final block on a checkpoint that a reorganisation took away and another replaced.
        [
          (
            ['checkpoint', 'finalise', 'reorg', 'checkpoint', 'mine', 'mine', 'mine', 'mine', 'mine'] as const
          ).map((what) => ({ what, count: 1, back: what === 'reorg' ? 1 : 0, isDeep: false })),
        ],
      ],
    },
  )
  expect(hazards).toBeGreaterThan(5)
})

test('reorganisations of up to kappa blocks take nothing back that was confirmed', () => {
  fc.assert(
    fc.property(moves, (all) => {
      // Nobody finalises two chains here: then depth alone could do it.
      const hazards = run(
        all.filter(({ what }) => what !== 'finalise'),
        true,
      )
      expect(hazards).toBe(0)
    }),
    { numRuns: 20 },
  )
})

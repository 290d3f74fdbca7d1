import { deriveRoot } from '@groundwork/hybrid-core'
import { toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Harness } from '../../hybrid-core/test/harness.ts'
import { type FollowerEffect, firstDifference, replay, snapshotsToKeep } from '../src/index.ts'
import { ci, feed, followerOf, mark, newHarness, rootOf } from './kit.ts'

const rootOfChain = (h: Harness) => toHex(deriveRoot(h.state))
const snapshotsIn = (effects: readonly FollowerEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'store-snapshot' ? [effect] : []))

/** Mines what a number stands for: nothing, garbage, a good checkpoint, forced transactions, votes, evidence. */
function mineOne(h: Harness, kind: number, name: number): void {
  const { recorded } = h.state.mode
  const items = [mark(name)]
  if (kind % 4 === 1) items.unshift(...h.checkpoint({ bodies: [[], []] }))
  if (kind % 4 === 2 && recorded?.open != null)
    items.push(
      ...h.validators.slice(kind % 3).map((one) => h.recordedVote(one)),
      ...h.farmers.map((one) => h.spaceVote(one)),
    )
  h.mine(items)
}

const operations = fc.array(
  fc.record({
    /** Which chain goes on, how far below its tip it parts, and by how many blocks it grows. */
    chain: fc.nat(3),
    back: fc.nat(30),
    grow: fc.integer({ min: 1, max: 25 }),
    kind: fc.nat(11),
    restart: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

describe('a follower of any tree of forks', () => {
  test('has the root of its best branch, whatever it followed before, also from a snapshot and after restarts (I10)', () => {
    fc.assert(
      fc.property(operations, (ops) => {
        const trunk = newHarness()
        const chains: Harness[] = [trunk]
        const keepBlocks = 2 * ci.kappa + ci.stallDeadlineBlocks
        let follower = followerOf(trunk, { keepBlocks })
        let stored = new Map<number, { hash: string; bytes: Uint8Array }>()
        let name = 0
        let begun = 0
        for (const { chain, back, grow, kind, restart } of ops) {
          const from = chains[chain % chains.length]!
          const h = forkOf(from, Math.max(0, from.state.height - back))
          for (let i = 0; i < grow; i++) mineOne(h, kind > 5 ? kind : kind + i, ++name)
          chains.push(h)
          const effects = feed(follower, h)
          for (const { height, hash, bytes } of snapshotsIn(effects))
            stored.set(height, { hash: toHex(hash), bytes })
          if (effects.some((effect) => effect.kind === 'missing')) {
            const usable = [...stored].filter(
              ([height, { hash }]) => toHex(h.states[height]?.hash ?? h.state.hash) === hash,
            )
            follower.rewind(usable.at(-1)?.[1].bytes ?? null)
            begun = usable.at(-1)?.[0] ?? 0
            feed(follower, h)
          }
          expect(rootOf(follower)).toBe(rootOfChain(h))
          // A snapshot was kappa deep when it was made; on a shorter branch it is as deep as that goes.
          expect(follower.confirmed.height).toBeLessThanOrEqual(Math.max(begun, h.state.height - ci.kappa))
          if (restart) {
            const usable = [...stored]
              .filter(
                ([height, { hash }]) => height <= h.state.height && toHex(h.states[height]!.hash) === hash,
              )
              .sort(([a], [b]) => a - b)
            const snapshot = usable.at(-1)?.[1].bytes
            begun = usable.at(-1)?.[0] ?? 0
            follower = followerOf(h, { keepBlocks, ...(snapshot && { snapshot }) })
            feed(follower, h)
            expect(rootOf(follower)).toBe(rootOfChain(h))
            stored = new Map(usable)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('says each derived block once, with its root', () => {
    const h = newHarness()
    for (let i = 0; i < 30; i++) mineOne(h, i, i)
    const effects = feed(followerOf(h), h)
    const roots = effects.flatMap((effect) => (effect.kind === 'derived' ? [toHex(effect.root)] : []))
    expect(roots).toEqual(h.states.slice(1).map((state) => toHex(deriveRoot(state))))
  })
})

/** Two chains that part at height 6 and are some 60 blocks long, and a follower of the first. */
function parted(change: Parameters<typeof followerOf>[1] = {}) {
  const h = newHarness()
  for (let i = 0; i < 6; i++) h.mine([mark(i)])
  const other = h.fork()
  const follower = followerOf(h, { keepBlocks: 2 * ci.kappa + ci.stallDeadlineBlocks, ...change })
  for (let i = 6; i < 60; i++) h.mine([mark(i)])
  for (let i = 0; i < 60; i++) other.mine([mark(1000 + i)])
  return { h, other, follower }
}

test('on a branch that parts just above the oldest state that is kept, what is confirmed is kappa deep or deeper', () => {
  const h = newHarness()
  const follower = followerOf(h, { keepBlocks: 2 * ci.kappa + ci.stallDeadlineBlocks })
  for (let i = 0; i < 25; i++) h.mine([mark(i)])
  feed(follower, h)
  const shorter = forkOf(h, 2)
  shorter.mine([mark(100)])
  feed(follower, shorter)
  expect(follower.state.height).toBe(3)
  expect(follower.confirmed.height).toBe(3 - ci.kappa)
})

test('a reorganisation deeper than what is kept in full is derived from a state below it', () => {
  const { h, other, follower } = parted()
  // In steps, as a chain grows: states are forgotten on the way.
  for (const input of h.blocks) follower.physical({ adopted: [input] })
  expect(follower.knows(h.states[20]!.hash)).toBe(false)
  const before = follower.view()
  const effects = feed(follower, other)
  expect(rootOf(follower)).toBe(rootOfChain(other))
  expect(effects.filter(({ kind }) => kind === 'missing')).toEqual([])
  expect(effects).toContainEqual(
    expect.objectContaining({ hazard: expect.objectContaining({ kind: 'confirmed-reverted' }) }),
  )
  expect(toHex(before.hashAt(60)!)).toBe(toHex(h.state.hash))
  // And back.
  for (let i = 60; i < 80; i++) h.mine([mark(i)])
  feed(follower, h)
  expect(rootOf(follower)).toBe(rootOfChain(h))
})

test('a validator that comes back finds what late stake blocks look at, far below the states that are kept', () => {
  const own = newHarness()
  const late = followerOf(own, { keepBlocks: 2 * ci.kappa + ci.stallDeadlineBlocks })
  for (let i = 0; i < 90; i++) {
    own.mine([mark(i), ...(i % 6 === 5 ? own.checkpoint() : [])])
    late.physical({ adopted: own.blocks.slice(-1) })
  }
  expect(late.knows(own.states[40]!.hash)).toBe(false)
  const range = late.view().range(40, 90)
  expect(range?.map(({ hash }) => toHex(hash))).toEqual(
    own.states.slice(41).map((state) => toHex(state.hash)),
  )
  for (const height of [1, 39, 40, 41, 66, 67, 90])
    expect(toHex(late.view().hashAt(height)!)).toBe(toHex(own.states[height]!.hash))
  expect(late.view().hashAt(91)).toBeUndefined()
})

test('without one it begins anew: from a snapshot, or from genesis', () => {
  const { h, other, follower: first } = parted()
  const [snapshot] = snapshotsIn(feed(first, h))
  const follower = followerOf(h, { snapshot: snapshot!.bytes })
  feed(follower, h)
  const before = rootOf(follower)
  const [missing, ...rest] = follower.physical({ adopted: other.blocks.slice(6) })
  expect(rest).toEqual([])
  expect(missing).toMatchObject({ kind: 'missing', height: 6 })
  expect(rootOf(follower)).toBe(before)
  follower.rewind(null)
  const parts = [other.blocks.slice(0, 20), other.blocks.slice(20, 40)]
  for (const part of parts)
    expect(follower.physical({ adopted: part, more: true }).some(({ kind }) => kind === 'hazard')).toBe(false)
  const effects = follower.physical({ adopted: other.blocks.slice(40) })
  expect(rootOf(follower)).toBe(rootOfChain(other))
  expect(effects).toContainEqual(
    expect.objectContaining({ hazard: expect.objectContaining({ kind: 'confirmed-reverted' }) }),
  )
})

test('a view of the branch never changes, and reaches below a snapshot as far as stake blocks may look', () => {
  const h = newHarness()
  for (let i = 0; i < 12; i++) h.mine([mark(i)])
  const follower = followerOf(h)
  const [snapshot] = snapshotsIn(feed(follower, h))
  const view = follower.view()
  const { height } = view.tip
  const hashes = h.states.map((state) => toHex(state.hash))
  const other = newHarness()
  for (let i = 0; i < 20; i++) other.mine([mark(500 + i)])
  feed(follower, other)
  const restarted = followerOf(h, { snapshot: snapshot!.bytes })
  feed(restarted, h)
  expect(restarted.view().tip.height).toBe(height)
  for (const one of [view, restarted.view()]) {
    expect(one.hashAt(height + 1)).toBeUndefined()
    for (const [at, hash] of hashes.entries()) expect(toHex(one.hashAt(at)!)).toBe(hash)
    const range = one.range(2, height)
    expect(range?.map((pending) => toHex(pending.hash))).toEqual(hashes.slice(3))
    expect(one.range(2, height + 1)).toBeNull()
  }
})

test('what was derived before is derived again without signatures, unless the root would be another', () => {
  const h = newHarness()
  for (let i = 0; i < 8; i++) h.mine([mark(i)])
  h.mine(h.checkpoint({ bodies: [[h.transfer(0)], [h.transfer(1)]] }))
  // A vote that nobody signed: without checks it would count.
  while (h.state.mode.recorded?.open == null) h.mine([mark(h.state.height)])
  for (let i = 0; i < ci.kappa; i++) h.mine([mark(200 + i)])
  h.mine([h.recordedVote(h.validators[0]!, { signature: new Uint8Array(64) })])
  h.mine([h.recordedVote(h.validators[1]!)])
  const roots = new Map(h.states.map((state) => [toHex(state.hash), deriveRoot(state)]))
  let verified = 0
  const counting = (knownRoot: boolean) => {
    verified = 0
    const follower = followerOf(h, {
      verify(publicKey, message, signature) {
        verified++
        return h.context.verify(publicKey, message, signature)
      },
      ...(knownRoot && { knownRoot: (_, hash) => roots.get(toHex(hash)) ?? null }),
    })
    feed(follower, h)
    return rootOf(follower)
  }
  expect(counting(false)).toBe(rootOfChain(h))
  const all = verified
  expect(counting(true)).toBe(rootOfChain(h))
  expect(all).toBeGreaterThan(10)
  // The one block whose root depends on the bad signature, and what is executed with it again.
  expect(verified).toBeLessThan(all / 2)
})

test('replay finds the block whose root is not what a node said', () => {
  const h = newHarness()
  for (let i = 0; i < 30; i++) mineOne(h, i, i)
  const init = {
    genesis: {
      parameters: h.context.parameters,
      epoch: h.epochZero,
      ledger: h.states[0]!.execution.ledger,
      physicalGenesis: h.states[0]!.hash,
      space: h.blocks[0]!.epoch,
    },
    verify: h.context.verify,
    verifySpace: h.context.verifySpace,
  }
  const said = h.states.map((state) => deriveRoot(state))
  expect(firstDifference(replay(init, h.blocks), (height) => said[height]!)).toBeNull()
  const lie = (height: number) => (height === 17 ? new Uint8Array(32) : said[height]!)
  expect(firstDifference(replay(init, h.blocks), lie)).toMatchObject({ height: 17, found: said[17] })
})

test('snapshots that are kept: few, and never further apart than the way back', () => {
  let kept: number[] = []
  for (let height = 64; height <= 64 * 2000; height += 64) {
    kept = snapshotsToKeep([...kept, height])
    expect(kept.length).toBeLessThan(30)
    // Whatever the depth of a reorganisation, some snapshot is below it, at most four times as deep.
    for (let depth = 64; depth < height - 64; depth *= 2) {
      const below = kept.filter((one) => one <= height - depth).at(-1)
      expect(height - below!).toBeLessThanOrEqual(4 * depth + 64)
    }
  }
})

function forkOf(h: Harness, height: number): Harness {
  const fork = newHarness()
  // Blocks are copied by mining their items again: equal items make equal blocks.
  for (const { block } of h.blocks.slice(0, height)) fork.mine(block.items)
  return fork
}

test('of however many blocks at once each is told with its state, kept or not', () => {
  const h = newHarness()
  for (let i = 0; i < 90; i++) mineOne(h, 3, i)
  const told = feed(followerOf(h, { keepBlocks: 2 * ci.kappa + ci.stallDeadlineBlocks }), h).flatMap(
    (effect) => (effect.kind === 'derived' ? [effect] : []),
  )
  expect(told.map(({ height }) => height)).toEqual(Array.from({ length: 90 }, (_, i) => i + 1))
  for (const { state, height, hash } of told) expect([state.height, state.hash]).toEqual([height, hash])
})

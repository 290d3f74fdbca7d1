import { checkpointPathMax, deriveRoot } from '@groundwork/hybrid-core'
import { itemBytes, plotIdOf } from '@groundwork/physical-core'
import { equal, toHex } from '@groundwork/primitives'
import { type Block, hashHeader } from '@groundwork/stake-core'
import { describe, expect, test } from 'vitest'
import { type Harness, harness } from '../../hybrid-core/test/harness.ts'
import { createFarmerPolicy, type FollowerEffect, type HybridFollower } from '../src/index.ts'
import {
  ci,
  deliveredIn,
  feed,
  followerOf,
  hazardsIn,
  itemsIn,
  mark,
  newHarness,
  segmentOf,
  signerOf,
} from './kit.ts'

const lane = ci.checkpointLaneBytes
const mine = (h: Harness, count: number) => {
  for (let i = 0; i < count; i++) h.mine([mark(i)])
}
/** Each with its own certificate, as the stake chain finalises them. */
function finalise(h: Harness, follower: HybridFollower, blocks: readonly Block[]): FollowerEffect[] {
  return blocks.flatMap((block) => {
    const { view } = block.header
    const certificate = h.certificate(h.state.epoch, view, 'final', hashHeader(block.header))
    return [...follower.finalized({ blocks: [block], certificate })]
  })
}
/** With bodies of some 20 KB each; credit allows no more of them than the burst. */
const bigBodies = (h: Harness, count: number) =>
  Array.from({ length: count }, (_, i) => Array.from({ length: 120 }, (_, j) => h.transfer(i * 120 + j)))

describe('checkpoints for farmers', () => {
  test('hold what became final since the last one, and derive accepts them', () => {
    const h = newHarness()
    mine(h, 6)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    const { blocks } = segmentOf(h.checkpoint({ bodies: [[h.transfer(0)], [h.transfer(1)]] }))
    finalise(h, follower, blocks)
    feed(follower, h)
    // Somebody's turn comes at each height.
    let items = itemsIn(feed(follower, h), 'checkpoint')
    for (let i = 0; items.length === 0 && i < 3; i++) {
      mine(h, 1)
      items = itemsIn(feed(follower, h), 'checkpoint')
    }
    h.mine(items)
    expect(h.state.tip.height).toBe(2)
    expect(itemsIn(feed(follower, h), 'checkpoint')).toEqual([])
  })

  test('are cut to the lane, the longest part first, until all is there (BS-1)', () => {
    const h = newHarness()
    mine(h, 6)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    const { blocks } = segmentOf(h.checkpoint({ bodies: bigBodies(h, 6), anchor: 3 }))
    finalise(h, follower, blocks)
    const reached: number[] = []
    for (let i = 0; i < 16; i++) {
      const items = itemsIn(feed(follower, h), 'checkpoint')
      expect(items.reduce((sum, item) => sum + itemBytes(item), 0)).toBeLessThanOrEqual(lane)
      h.mine([...items, mark(i)])
      if (items.length > 0) reached.push(h.state.tip.height)
    }
    expect(reached.at(-1)).toBe(6)
    expect(reached.length).toBeGreaterThan(1)
    const [first] = reached
    // One block more would not have fitted.
    const size = (h.blocks.find(({ block }) => block.items.length > 2)?.block.items ?? []).slice(0, 2)
    const bytes = size.reduce((sum, item) => sum + itemBytes(item), 0)
    expect(bytes + bytes / first!).toBeGreaterThan(lane)
  })

  test('may be covered by the certificate of a descendant, with the headers between', () => {
    const h = newHarness()
    mine(h, 6)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    const all = segmentOf(h.checkpoint({ bodies: bigBodies(h, 6), anchor: 3 }))
    // One certificate, of the last block alone.
    follower.finalized(all)
    for (let i = 0; i < 16; i++) h.mine([...itemsIn(feed(follower, h), 'checkpoint'), mark(i)])
    expect(h.state.tip.height).toBe(6)
    expect(h.records.filter(({ kind }) => kind === 'checkpoint-rejected')).toEqual([])
  })

  test('go on while every other validator of a set of nine withholds them', () => {
    const h = newHarness([10, 10, 10, 10, 10, 10, 10, 10, 10])
    mine(h, 6)
    const follower = followerOf(h, { validator: signerOf(h.validators[4]!) })
    finalise(h, follower, segmentOf(h.checkpoint()).blocks)
    for (let i = 0; i < 3; i++) h.mine([...itemsIn(feed(follower, h), 'checkpoint'), mark(i)])
    expect(h.state.tip.height).toBe(1)
  })

  test('are offered by a third of the set at a height, by all once half the deadline has passed', () => {
    const h = newHarness([10, 10, 10, 10, 10, 10, 10, 10, 10])
    mine(h, 5)
    const followers = h.validators.map((one) => followerOf(h, { validator: signerOf(one) }))
    const segment = segmentOf(h.checkpoint({ anchor: 3 }))
    const offering: number[] = []
    for (const follower of followers) {
      feed(follower, h)
      follower.finalized(segment)
    }
    while (h.state.height < ci.stallDeadlineBlocks / 2) {
      mine(h, 1)
      offering.push(followers.filter((one) => itemsIn(feed(one, h), 'checkpoint').length > 0).length)
    }
    expect(offering).toEqual([3, 3, 3, 9])
  })

  test('never cross the end of an epoch', () => {
    const h = harness({ parameters: { ...ci, epochHeights: 4 } })
    mine(h, 6)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    const first = h.checkpoint({ bodies: [[], [], []] })
    const ahead = h.fork()
    ahead.mine(first)
    follower.finalized(segmentOf(first))
    follower.finalized(segmentOf(ahead.checkpoint({ anchor: 3 })))
    feed(follower, h)
    const reached: number[] = []
    for (let i = 0; i < 6; i++) {
      h.mine([...itemsIn(feed(follower, h), 'checkpoint'), mark(i)])
      if (h.state.tip.height !== reached.at(-1)) reached.push(h.state.tip.height)
    }
    expect(reached.filter((height) => height > 0)).toEqual([3, 4])
    expect(h.records.filter(({ kind }) => kind === 'checkpoint-rejected')).toEqual([])
  })
})

/** All validators and farmers with followers of their own, and one farmer's policy between them and the chain. */
function everybody(h: Harness) {
  const voters = h.validators.map((one) => followerOf(h, { validator: signerOf(one) }))
  const plots = h.farmers.map((one) => {
    const follower = followerOf(h, { farmer: signerOf(one) })
    follower.plots([{ plotId: plotIdOf(one.publicKey, 0), k: 16 }])
    return follower
  })
  const judge = followerOf(h)
  const policy = createFarmerPolicy(judge.context, () => judge.state)
  const pool = new Map<
    string,
    {
      item: Parameters<Harness['mine']>[0] extends readonly (infer T)[] | undefined ? T : never
      priority: number
    }
  >()
  return {
    nodes: [...voters, ...plots],
    /** One block more, of what the policy takes. */
    step(): FollowerEffect[] {
      const effects = [...voters, ...plots].map((follower) => {
        const said = feed(follower, h)
        for (const effect of [...said]) {
          if (effect.kind !== 'look-up') continue
          const { plotId, window, targetHash } = effect
          const proof = new Uint8Array(128)
          proof[0] = 1
          said.push(...follower.spaceProof({ plotId, window, targetHash, attempt: 0, proof }))
        }
        return said
      })
      feed(judge, h)
      const items = effects.flat().flatMap((effect) => (effect.kind === 'items' ? effect.items : []))
      const { offer } = policy.offered(items.map((item) => ({ item, priority: 0 })))
      pool.clear()
      for (const one of offer) pool.set(JSON.stringify([...('bytes' in one.item ? one.item.bytes : [])]), one)
      const order = [...pool.values()].sort((a, b) => b.priority - a.priority)
      h.mine(order.map(({ item }) => item))
      return effects[0]!
    },
  }
}

test('recovery: the votes of followers alone lead out of RECORDED; the new epoch counts once its exit is confirmed', () => {
  const h = newHarness()
  mine(h, 10)
  const { nodes, step } = everybody(h)
  const [first] = nodes as [HybridFollower]
  feed(first, h)
  first.finalized(segmentOf(h.checkpoint({ bodies: [[h.transfer(0)]] })))
  mine(h, 10)
  const epochs: { height: number; number: number }[] = []
  const hazards: string[] = []
  let exit = 0
  for (let i = 0; i < 120 && exit === 0; i++) {
    const effects = step()
    hazards.push(...hazardsIn(effects).map(({ kind }) => kind))
    if (h.state.mode.exits === 1) exit = h.state.height
    expect(effects.filter(({ kind }) => kind === 'stake-epoch')).toEqual([])
  }
  expect(exit).toBeGreaterThan(0)
  expect(hazards).toEqual(['fast-reverted'])
  for (let i = 0; i <= ci.kappa; i++) {
    const effects = step()
    for (const effect of effects)
      if (effect.kind === 'stake-epoch') epochs.push({ height: first.state.height, number: effect.number })
    // What was lost stays lost, also now that blocks are delivered again.
    expect(deliveredIn(effects)).toEqual([])
  }
  expect(epochs).toEqual([{ height: exit + ci.kappa, number: 1 }])
  expect(first.stakeEpoch()).toMatchObject({ isRecorded: false, epoch: { number: 1 } })
  expect(equal(first.stakeEpoch().base.tip.hash, first.stakeEpoch().epoch.genesisHash)).toBe(true)
  // Blocks of the new epoch are fast.
  const items = h.checkpoint({ bodies: [[h.transfer(0)]] })
  feed(first, h)
  expect(deliveredIn(first.finalized(segmentOf(items)))).toHaveLength(1)
  for (const node of nodes) {
    feed(node, h)
    expect(toHex(deriveRoot(node.state))).toBe(toHex(deriveRoot(h.state)))
  }
  expect(h.records.filter(({ kind }) => kind === 'ignored')).toEqual(
    h.records.filter((record) => record.kind === 'ignored' && record.item === 'forced-transaction'),
  )
})

test('a terminal block is checkpointed alone, under the certificate of an empty child (R11)', () => {
  const h = harness({ parameters: { ...ci, epochHeights: 4 } })
  mine(h, 6)
  const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
  const { blocks } = segmentOf(h.checkpoint({ bodies: [[h.transfer(0)], [], []], anchor: 3 }))
  const terminal = blocks.at(-1)!
  const child: Block = {
    header: {
      ...terminal.header,
      height: terminal.header.height + 1,
      view: terminal.header.view + 1,
      parentHash: hashHeader(terminal.header),
      parentView: terminal.header.view,
    },
    justification: terminal.justification,
    body: [],
  }
  const hash = hashHeader(child.header)
  const certificate = h.certificate(h.state.epoch, child.header.view, 'final', hash)
  const effects = follower.finalized({ blocks: [...blocks, child], certificate })
  expect(hazardsIn(effects)).toEqual([])
  for (let i = 0; i < 4; i++) h.mine([...itemsIn(feed(follower, h), 'checkpoint'), mark(i)])
  expect(h.state.epoch.number).toBe(1)
  expect(follower.ledgers().fast.stake.height).toBe(3)
})

test.each([
  [checkpointPathMax, true],
  [checkpointPathMax + 1, false],
])(
  'an epoch whose last block is final over %i empty children can be checkpointed: %s; if not, the deadline ends it',
  (children, isAble) => {
    const h = harness({ parameters: { ...ci, epochHeights: 4 } })
    mine(h, 6)
    const follower = followerOf(h, { validator: signerOf(h.validators[0]!) })
    // Heights 1 to 3, of which the third is the epoch's last.
    const { blocks, certificate } = segmentOf(h.checkpoint({ bodies: [[h.transfer(0)], [], []] }))
    const { header } = blocks[2]!
    // What the headers say is derive's matter: here only how many they are.
    follower.finalized({ blocks, path: Array.from({ length: children }, () => header), certificate })
    const offered: boolean[] = []
    while (h.state.mode.recorded === null) {
      mine(h, 1)
      offered.push(itemsIn(feed(follower, h), 'checkpoint').length > 0)
    }
    expect(offered.includes(true)).toBe(isAble)
    mine(h, ci.kappa)
    const hazards = hazardsIn(feed(follower, h))
    expect(hazards).toMatchObject([{ kind: 'fast-reverted', reason: 'recorded' }])
  },
)

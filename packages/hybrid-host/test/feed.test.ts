import { deriveRoot } from '@groundwork/hybrid-core'
import { type CheckedBlock, genesisState, type Item, type PhysicalCore } from '@groundwork/physical-core'
import { CodedError, type Hash, standInSignatures, toHex } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import { forced, party } from '../../hybrid-core/test/harness.ts'
import { selectItems } from '../../physical-core/src/mempool.ts'
import {
  easyRules,
  forge,
  freshCore,
  grow,
  hand,
  hashOf,
  refusalsIn,
} from '../../physical-core/test/forge.ts'
import {
  createChainReader,
  createFarmerPolicy,
  createHybridFollower,
  type HybridFollower,
  missingBlocks,
  replay,
  stepsTo,
} from '../src/index.ts'
import { ci, mark, newHarness } from './kit.ts'

const rules = easyRules()
const h = newHarness()
const init = {
  genesis: {
    parameters: ci,
    epoch: h.epochZero,
    ledger: h.states[0]!.execution.ledger,
    physicalGenesis: rules.chainId,
    space: genesisState(rules).epoch,
  },
  verify: standInSignatures.verify,
  verifySpace: () => true,
}
const newFollower = (): HybridFollower =>
  createHybridFollower({
    ...init,
    onConflict: 'follow-physical',
    slotMs: 1000,
    validator: null,
    farmer: null,
  })

/** A core with what its store would hold. */
function node(): { core: PhysicalCore; stored: Map<string, CheckedBlock>; add(block: CheckedBlock): void } {
  const stored = new Map<string, CheckedBlock>()
  const core = freshCore(rules)
  return {
    core,
    stored,
    add(block) {
      stored.set(toHex(hashOf(block)), block)
      expect(refusalsIn(hand(rules, core, block))).toEqual([])
    },
  }
}

function follow(follower: HybridFollower, { core, stored }: ReturnType<typeof node>): void {
  const hashes = missingBlocks(follower, core)!
  const blocks = hashes.map((hash) => stored.get(toHex(hash))!.block)
  for (const step of stepsTo(core, hashes, blocks)) follower.physical(step)
}

function bestOf({ core, stored }: ReturnType<typeof node>): CheckedBlock[] {
  return Array.from({ length: core.tip().height }, (_, i) => stored.get(toHex(core.hashAt(i + 1) as Hash))!)
}

describe('a follower beside a physical core', () => {
  test('derives what a replay of the stored chain from genesis derives, also after a reorganisation', () => {
    const one = node()
    const follower = newFollower()
    const branch: CheckedBlock[] = []
    for (let i = 1; i <= 12; i++) {
      one.add(forge(rules, one.core.chain(), { slot: i * 8, items: [mark(i)] }))
      follow(follower, one)
    }
    // A heavier fork from the fourth block, over the end of an epoch.
    let parent = one.core.chainOf(one.core.hashAt(4)!)!
    for (let i = 0; i < 12; i++) {
      const block = forge(rules, parent, { slot: 33 + i * 8, farmer: 1, items: [mark(100 + i)] })
      one.add(block)
      branch.push(block)
      parent = one.core.chainOf(hashOf(block))!
      follow(follower, one)
    }
    expect(one.core.tip().height).toBe(16)
    const reader = createChainReader(rules)
    const inputs = bestOf(one).map(reader.next)
    expect(inputs.map(({ hash }) => toHex(hash)).slice(4)).toEqual(
      branch.map((block) => toHex(hashOf(block))),
    )
    const last = [...replay(init, inputs)].at(-1)!
    expect(toHex(last.root)).toBe(toHex(deriveRoot(follower.state)))
    expect(reader.chain.epoch.number).toBeGreaterThan(0)
    expect(toHex(last.state.hash)).toBe(toHex(one.core.tip().hash))
  })

  test('a block that does not follow from the chain so far stops a replay, with its height', () => {
    const one = node()
    for (let i = 1; i <= 3; i++) one.add(forge(rules, one.core.chain(), { slot: i }))
    const reader = createChainReader(rules)
    const [first, , third] = bestOf(one)
    reader.next(first!)
    expect(() => reader.next(third!)).toThrow(CodedError)
    expect(() => reader.next(third!)).toThrow(/block 3 of the physical chain does not follow: height/)
  })

  test('knows nothing of a chain that the core keeps no more of', () => {
    const one = node()
    grow(rules, one.core, { slot: 1 })
    const follower = newFollower()
    expect(missingBlocks({ ...follower, knows: () => false }, one.core)).toBeNull()
    expect(missingBlocks(follower, one.core)).toHaveLength(1)
  })
})

test('what the policy gives the mempool, in the order in which blocks take it', () => {
  const one = node()
  const follower = newFollower()
  const policy = createFarmerPolicy(follower.context, () => follower.state)
  const pay = (nonce: number, fee: bigint, from = h.rich): Item => forced(h.transfer(nonce, { fee, from }))
  const [cheap, dear, later, poor] = [
    pay(0, 2n, h.validators[0]!),
    pay(0, 9n),
    pay(1, 50n),
    pay(0, 5n, party('poor')),
  ]
  const { offer } = policy.offered([later, cheap, poor, dear].map((item) => ({ item, priority: 0 })))
  one.core.step({ kind: 'items', items: offer, from: 'policy' })
  const selected = () => selectItems(one.core.state.mempool, rules, one.core.chain(), one.core.tip().slot + 1)
  expect(selected()).toEqual([dear, later, cheap])
  one.add(forge(rules, one.core.chain(), { slot: 1, items: [dear] }))
  follow(follower, one)
  const change = policy.revise(one.core.state.mempool.items.values())
  one.core.step({ kind: 'withdraw-items', hashes: change.withdraw })
  one.core.step({ kind: 'items', items: change.offer, from: 'policy' })
  expect(selected()).toEqual([later, cheap])
  // What lost its meaning leaves.
  one.add(forge(rules, one.core.chain(), { slot: 2, items: [pay(1, 1n)] }))
  follow(follower, one)
  one.core.step({
    kind: 'withdraw-items',
    hashes: policy.revise(one.core.state.mempool.items.values()).withdraw,
  })
  expect(selected()).toEqual([cheap])
})

import { toHex } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import { type CheckedBlock, lotteryNumber, type PhysicalEffect, slotChallengeOf } from '../src/index.ts'
import {
  easyRules,
  forge,
  freshCore,
  grow,
  hand,
  hashOf,
  live,
  plotOf,
  refusalsIn,
  slotsUpTo,
} from './forge.ts'

describe('PC7: what is not due or not connected', () => {
  test('near future is kept and taken when due, far future is refused, the buffer is bounded', () => {
    const rules = easyRules({ parameters: { epochSlots: 1024, seedLagSlots: 512 } })
    const core = freshCore(rules, {}, 10)
    core.step(live(rules, core, 74))
    const step = (block: CheckedBlock) => core.step({ kind: 'blocks', blocks: [block], from: 'a' })
    expect(refusalsIn(step(forge(rules, core.chain(), { slot: 76 })))).toEqual(['slot-far-future'])
    const kept = forge(rules, core.chain(), { slot: 12 })
    expect(step(kept)).toEqual([])
    expect(core.tip().height).toBe(0)
    const dropped: string[] = []
    for (let slot = 13; slot <= 75; slot++) {
      const block = forge(rules, core.chain(), { slot, farmer: slot % 3 })
      dropped.push(...refusalsIn(step(block)))
    }
    dropped.push(...refusalsIn(step(forge(rules, core.chain(), { slot: 75, farmer: 1, index: 1 }))))
    expect(dropped).toEqual(['future-full'])
    expect(core.state.waiting.size).toBe(64)
    core.step({ kind: 'clock', slot: 11 })
    expect(toHex(core.tip().hash)).toBe(toHex(hashOf(kept)))
  })

  test('an orphan is fetched for, again at each slot, and given up after a while', () => {
    const rules = easyRules()
    const [core, other] = [freshCore(rules, { limits: { fetchSlots: 5 } }, 30), freshCore(rules, {}, 30)]
    const parent = grow(rules, other, { slot: 3 })
    const child = forge(rules, other.chain(), { slot: 4 })
    const fetches = (effects: readonly PhysicalEffect[]) => effects.filter(({ kind }) => kind === 'fetch')
    expect(fetches(core.step({ kind: 'blocks', blocks: [child], from: 'a' }))).toEqual([
      { kind: 'fetch', want: { kind: 'block', hash: hashOf(parent) }, hint: 'a' },
    ])
    for (let slot = 31; slot <= 34; slot++) expect(fetches(core.step({ kind: 'clock', slot })).length).toBe(1)
    expect(refusalsIn(core.step({ kind: 'clock', slot: 35 }))).toEqual(['fetch-given-up'])
    expect(core.state.waiting.size).toBe(0)
    expect(core.state.wanted.size).toBe(0)
  })

  test('an unknown y is fetched for to the end of the epoch, and the block waits', () => {
    const rules = easyRules()
    const core = freshCore(rules, {}, 40)
    const block = forge(rules, core.chain(), { slot: 3 })
    const effects = core.step({ kind: 'blocks', blocks: [block], from: 'a' })
    const { seed } = core.chain().epoch
    expect(effects).toEqual([{ kind: 'fetch', want: { kind: 'slots', seed, from: 1, to: 40 }, hint: 'a' }])
    core.step({ kind: 'slots', proofs: slotsUpTo(rules, seed, 3), live: false, from: 'a' })
    expect(core.tip().height).toBe(1)
  })

  test('one peer cannot use up all fetches', () => {
    const rules = easyRules()
    const core = freshCore(rules)
    const orphan = (n: number) =>
      forge(rules, core.chain(), { slot: n + 1, foliage: { parentHash: plotOf(n), height: 5 } })
    for (let n = 0; n < 40; n++) core.step({ kind: 'blocks', blocks: [orphan(n)], from: 'a' })
    expect(core.state.wanted.size).toBe(16)
    expect(core.state.refusals.get('fetch-too-many')).toBe(24)
    core.step({ kind: 'blocks', blocks: [orphan(50)], from: 'b' })
    expect(core.state.wanted.size).toBe(17)
  })

  test('orphans are bounded', () => {
    const rules = easyRules()
    const [core, other] = [freshCore(rules, { limits: { orphans: 10 } }), freshCore(rules)]
    grow(rules, other, { slot: 1 })
    for (let slot = 2; slot < 60; slot++)
      core.step({ kind: 'blocks', blocks: [forge(rules, other.chain(), { slot })], from: 'a' })
    expect(core.state.waiting.size).toBe(10)
    expect(core.state.refusals.get('orphans-full')).toBe(48)
  })
})

describe('PC3: slot proofs', () => {
  const rules = easyRules()
  const { seed } = freshCore(rules).chain().epoch
  const proofs = slotsUpTo(rules, seed, 20)
  const cases: Record<string, [event: typeof proofs, reason: string]> = {
    'a chain nobody asked for': [[{ ...proofs[0]!, seed: plotOf(0) }], 'slot-seed-unknown'],
    'far future': [[{ ...proofs[0]!, slot: 1_000_066 }], 'slot-far-future'],
    'slot 0': [[{ ...proofs[0]!, slot: 0 }], 'slot-range'],
    'another input': [[proofs[0]!, { ...proofs[1]!, previous: proofs[1]!.y }], 'slot-previous'],
    'a first slot with an input': [[{ ...proofs[0]!, previous: proofs[1]!.y }], 'slot-previous'],
    'another y': [[proofs[0]!, { ...proofs[0]!, y: proofs[1]!.y }], 'slot-conflict'],
  }
  test.each(Object.keys(cases))('%s is refused', (name) => {
    const [events, reason] = cases[name]!
    const core = freshCore(rules)
    const effects = core.step({ kind: 'slots', proofs: events, live: true, from: 'a' })
    expect(refusalsIn(effects)).toEqual([reason])
    expect(core.state.lookUps.size).toBe(0)
  })

  test('gaps are fetched, later slots held, known ones ignored', () => {
    const core = freshCore(rules)
    const step = (from: number, to: number) =>
      core.step({ kind: 'slots', proofs: proofs.slice(from - 1, to), live: false, from: 'a' })
    step(1, 2)
    const effects = step(5, 6)
    expect(effects).toEqual([{ kind: 'fetch', want: { kind: 'slots', seed, from: 3, to: 4 }, hint: 'a' }])
    expect(step(1, 4).filter(({ kind }) => kind === 'store-slot').length).toBe(4)
    expect(core.state.wanted.size).toBe(0)
    expect(core.state.chains.get(toHex(seed))!.ys.length).toBe(6)
    expect(core.slotFault(proofs[5]!)).toBe('slot-known')
    expect(core.slotFault(proofs[6]!)).toBe(null)
  })
})

describe('PC8: fork choice', () => {
  test('equal weight: the lower number, in whatever order they come; then the first', () => {
    const rules = easyRules()
    const start = freshCore(rules).chain()
    const blocks = [0, 1, 2].map((farmer) => forge(rules, start, { slot: 3, farmer }))
    const uOf = ({ block, quality }: CheckedBlock) => lotteryNumber(quality, slotChallengeOf(block.trunk.y))
    const lowest = blocks.reduce((a, b) => (uOf(b) < uOf(a) ? b : a))
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const core = freshCore(rules)
      for (const i of order) hand(rules, core, blocks[i]!)
      expect(toHex(core.tip().hash)).toBe(toHex(hashOf(lowest)))
    }
    const twin = forge(rules, start, {
      slot: 3,
      items: [{ kind: 'forced-transaction', bytes: Uint8Array.of(1) }],
    })
    const core = freshCore(rules)
    hand(rules, core, blocks[0]!)
    hand(rules, core, twin)
    expect(toHex(core.tip().hash)).toBe(toHex(hashOf(blocks[0]!)))
  })

  test('a heavier branch takes over: the effect names both, the reverted items wait again', () => {
    const rules = easyRules()
    const [core, other] = [freshCore(rules), freshCore(rules)]
    const item = { kind: 'forced-transaction', bytes: Uint8Array.of(7) } as const
    const left = [grow(rules, core, { slot: 1 }), grow(rules, core, { slot: 2, items: [item] })]
    expect(core.state.mempool.items.size).toBe(0)
    const right = [3, 4, 5].map((slot) => grow(rules, other, { slot, farmer: 1 }))
    const effects = right.flatMap((block) => hand(rules, core, block))
    const reorg = effects.flatMap((e) => (e.kind === 'tip' && e.reverted.length > 0 ? [e] : []))
    expect(reorg.length).toBe(1)
    expect(reorg[0]!.reverted.map(toHex)).toEqual([left[1]!, left[0]!].map((b) => toHex(hashOf(b))))
    expect(reorg[0]!.adopted.map(toHex)).toEqual(right.map((b) => toHex(hashOf(b))))
    const seen = effects.flatMap((e) =>
      e.kind === 'observe' && e.observation.kind === 'reorg' ? [e.observation] : [],
    )
    expect(seen.map(({ depth }) => depth)).toEqual([2])
    expect([...core.state.mempool.items.values()].map((pooled) => pooled.item)).toEqual([item])
    expect(core.depthOf(hashOf(left[0]!))).toBe(null)
    expect(core.depthOf(hashOf(right[0]!))).toBe(2)
    expect(core.confirmed(1).height).toBe(2)
  })
})

import { CodedError, equal, prng, standInSignatures, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  advance,
  type ChainRules,
  type CheckedBlock,
  createPhysicalCore,
  decodeSnapshot,
  encodeSnapshot,
  epochOf,
  isWin,
  lotteryNumber,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalInit,
  slotChallengeOf,
} from '../src/index.ts'
import {
  attestation,
  easyRules,
  forge,
  freshCore,
  grow,
  hand,
  hashOf,
  plotOf,
  refusalsIn,
  registration,
  slotsUpTo,
} from './forge.ts'
import { modelProof, modelQuality, publicKeyOf, secretOf, testNetwork } from './network.ts'

const farmerInit = (farmer: number): Partial<PhysicalInit> => ({
  farmer: {
    publicKey: publicKeyOf(`farmer ${farmer}`),
    sign: (message) => standInSignatures.sign(secretOf(`farmer ${farmer}`), message),
  },
})
const live = (rules: ChainRules, core: PhysicalCore, slot: number): PhysicalEvent => {
  const { seed } = advance(rules, core.chain(), epochOf(rules, slot)).epoch
  return { kind: 'slots', proofs: slotsUpTo(rules, seed, slot), live: true, from: 'timelord' }
}
const lookUpsIn = (effects: readonly PhysicalEffect[]) =>
  effects.flatMap((e) => (e.kind === 'look-up' ? [e] : []))
const provesIn = (effects: readonly PhysicalEffect[]) =>
  effects.flatMap((e) => (e.kind === 'prove' ? [e] : []))
const madeIn = (effects: readonly PhysicalEffect[]) =>
  effects.flatMap((e) => (e.kind === 'broadcast' && e.message.kind === 'block' ? [e.message.block] : []))

/** Answers look-ups and proofs as an honest host does. */
function farm(core: PhysicalCore, effects: readonly PhysicalEffect[]): readonly PhysicalEffect[] {
  const all = [...effects]
  for (const { plotId, slot, seed, challenge } of lookUpsIn(effects)) {
    const quality = modelQuality(plotId, challenge, 0)
    const won = core.step({ kind: 'looked-up', plotId, slot, seed, tickets: [{ quality, handle: 0 }] })
    all.push(...won)
    for (const { quality } of provesIn(won))
      all.push(...core.step({ kind: 'proved', plotId, slot, seed, quality, proof: modelProof(16, 0) }))
  }
  return all
}

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

describe('PC14: farming', () => {
  test('look-up, proof, persisted signature, block: in this order', () => {
    const rules = easyRules()
    const core = freshCore(rules, farmerInit(0), 3)
    core.step({ kind: 'plots', plots: [{ plotId: plotOf(0), k: 16 }] })
    const asked = lookUpsIn(core.step(live(rules, core, 3)))
    expect(asked.map(({ slot }) => slot)).toEqual([1, 2, 3])
    const last = asked[2]!
    expect(last.target > 0n).toBe(true)
    const quality = modelQuality(last.plotId, last.challenge, 0)
    expect(lotteryNumber(quality, last.slotChallenge) < last.target).toBe(
      isWin(lotteryNumber(quality, last.slotChallenge), 1n, 33n << 15n),
    )
    const { plotId, slot, seed } = last
    const won = core.step({ kind: 'looked-up', plotId, slot, seed, tickets: [{ quality, handle: 4 }] })
    expect(provesIn(won)[0]!.handle).toBe(4)
    const proved: PhysicalEvent = { kind: 'proved', plotId, slot, seed, quality, proof: modelProof(16, 0) }
    const made = core.step(proved)
    expect(made.map(({ kind }) => kind).filter((kind) => kind !== 'observe')).toEqual([
      'persist',
      'store-block',
      'broadcast',
      'tip',
    ])
    expect(core.tip().slot).toBe(3)
    expect(refusalsIn(core.step(proved))).toEqual(['ticket-unasked'])
  })

  test('after a restart from its journal alone, it does not sign that slot again', () => {
    const rules = easyRules()
    const first = freshCore(rules, farmerInit(0), 3)
    const plots: PhysicalEvent = { kind: 'plots', plots: [{ plotId: plotOf(0), k: 16 }] }
    first.step(plots)
    const made = farm(first, first.step(live(rules, first, 1)))
    expect(madeIn(made).length).toBe(1)
    const journal = made.flatMap((e) => (e.kind === 'persist' ? e.entries : []))
    expect(journal).toEqual(first.journal())
    // The block itself was lost, and so were the slots.
    const again = createPhysicalCore({
      rules,
      timelord: false,
      farmer: farmerInit(0).farmer!,
      stored: { journal },
    })
    again.step({ kind: 'start', slot: 3 })
    again.step(plots)
    const asked = lookUpsIn(again.step(live(rules, again, 2)))
    expect(asked.map(({ slot }) => slot)).toEqual([2])
    const floor = createPhysicalCore({
      rules,
      timelord: false,
      farmer: farmerInit(0).farmer!,
      stored: { journal: [{ kind: 'floor', slot: 2 }] },
    })
    floor.step({ kind: 'start', slot: 3 })
    floor.step(plots)
    expect(lookUpsIn(floor.step(live(rules, floor, 3))).map(({ slot }) => slot)).toEqual([3])
  })

  test('losing tickets, lost leads, strange plots and slots of a sync make nothing', () => {
    const rules = easyRules()
    const core = freshCore(rules, farmerInit(0), 5)
    core.step({
      kind: 'plots',
      plots: [
        { plotId: plotOf(0), k: 17 },
        { plotId: plotOf(9), k: 16 },
      ],
    })
    expect(lookUpsIn(core.step(live(rules, core, 1)))).toEqual([])
    core.step({ kind: 'plots', plots: [{ plotId: plotOf(0), k: 16 }] })
    const synced = { ...live(rules, core, 2), live: false } as PhysicalEvent
    expect(lookUpsIn(core.step(synced))).toEqual([])
    const [asked] = lookUpsIn(core.step(live(rules, core, 3)))
    for (const slot of [4, 5]) grow(rules, core, { slot, farmer: 1 })
    const effects = core.step({
      kind: 'looked-up',
      plotId: asked!.plotId,
      slot: 3,
      seed: asked!.seed,
      tickets: [{ quality: modelQuality(asked!.plotId, asked!.challenge, 0), handle: 0 }],
    })
    expect(provesIn(effects)).toEqual([])
  })

  test('PC16: own items go on the chain, lane by lane by priority; what has no place waits or is refused', () => {
    const rules = easyRules()
    const core = freshCore(rules, farmerInit(0), 2)
    core.step({ kind: 'plots', plots: [{ plotId: plotOf(0), k: 16 }] })
    const checkpoint = (fill: number, priority: number) => ({
      item: { kind: 'checkpoint', bytes: new Uint8Array(60_000).fill(fill) } as const,
      priority,
    })
    const forced = Array.from({ length: 70 }, (_, i) => ({
      item: { kind: 'forced-transaction', bytes: Uint8Array.of(i) } as const,
      priority: i,
    }))
    const tooLarge = {
      item: { kind: 'forced-transaction', bytes: new Uint8Array(20_000) } as const,
      priority: 9,
    }
    const known = { item: registration(rules, 0, 1), priority: 0 }
    const effects = core.step({
      kind: 'items',
      items: [
        checkpoint(1, 1),
        checkpoint(2, 5),
        ...forced,
        { item: registration(rules, 4, 0), priority: 0 },
        tooLarge,
        known,
      ],
      from: null,
    })
    expect(refusalsIn(effects)).toEqual(['item-size', 'registration-duplicate'])
    const told = effects.flatMap((e) =>
      e.kind === 'broadcast' && e.message.kind === 'items' ? e.message.items : [],
    )
    expect(told.length).toBe(73)
    const [block] = madeIn(farm(core, core.step(live(rules, core, 1))))
    expect(block!.items.map(({ kind }) => kind)).toEqual([
      'checkpoint',
      ...Array.from({ length: 64 }, () => 'forced-transaction'),
      'register-plot',
    ])
    const [first] = block!.items
    expect(first!.kind === 'checkpoint' && first!.bytes[0]).toBe(2)
    expect(core.state.mempool.items.size).toBe(7)
    expect(refusalsIn(core.step({ kind: 'items', items: [checkpoint(2, 5)], from: 'a' }))).toEqual([
      'item-included',
    ])
    core.step({
      kind: 'withdraw-items',
      hashes: [...core.state.mempool.items.keys()].map((key) =>
        Uint8Array.from(key.match(/../g)!, (h) => Number.parseInt(h, 16)),
      ),
    })
    expect(core.state.mempool.items.size).toBe(0)
    expect(core.state.mempool.laneBytes).toEqual({
      checkpoint: 0,
      forced: 0,
      evidence: 0,
      votes: 0,
      registry: 0,
    })
  })

  test('PC16: the pool is bounded, and higher priorities push out lower ones', () => {
    const rules = easyRules()
    const core = freshCore(rules)
    const item = (n: number, priority: number) => ({
      item: { kind: 'forced-transaction', bytes: new Uint8Array(8000).fill(n) } as const,
      priority,
    })
    for (let n = 0; n < 60; n++) core.step({ kind: 'items', items: [item(n, 1)], from: 'a' })
    expect(core.state.mempool.laneBytes.forced).toBeLessThanOrEqual(16 * 16_384)
    const size = core.state.mempool.items.size
    expect(core.state.refusals.get('pool-full')).toBe(60 - size)
    expect(refusalsIn(core.step({ kind: 'items', items: [item(100, 2)], from: 'a' }))).toEqual([])
    expect(core.state.mempool.items.size).toBe(size)
  })

  test('attestations of an epoch that is over leave the pool', () => {
    const rules = easyRules()
    const core = freshCore(rules, {}, 5)
    const offered = { item: attestation(rules, 'farmer 1', plotOf(0), 0, 10), priority: 0 }
    core.step({ kind: 'items', items: [offered], from: 'a' })
    expect(core.state.mempool.items.size).toBe(1)
    core.step({ kind: 'clock', slot: 65 })
    expect(core.state.mempool.items.size).toBe(0)
  })
})

describe('PC17: replays', () => {
  const net = testNetwork({ seed: 21, plots: [2, 2, 2, 2], timelords: [0, 2], delayMs: [50, 700] })
  net.run(30_000)
  net.network.cut = (from, to) => from % 2 !== to % 2
  net.run(60_000)
  net.network.cut = () => false
  net.run(30_000)
  const node = net.nodes[1]!
  const blocks = [...node.blocks.values()].sort((a, b) => a.height - b.height).map(({ block }) => block)
  const slots = [...node.slots].sort((a, b) => a.slot - b.slot)
  const fresh = () => freshCore(net.rules, {}, net.network.slotNow())

  test('any topological order of the stored blocks gives the same tip and state', () => {
    expect(blocks.length).toBeGreaterThan(node.core.tip().height)
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = prng(seed)
        const core = fresh()
        const left = new Map(blocks.map((block) => [toHex(hashOf(block)), block]))
        while (left.size > 0) {
          const ready = [...left.values()].filter(({ block }) => !left.has(toHex(block.foliage.parentHash)))
          hand(net.rules, core, random.pick(ready))
          for (const key of [...left.keys()]) if (core.state.nodes.has(key)) left.delete(key)
        }
        expect(toHex(core.tip().hash)).toBe(toHex(node.core.tip().hash))
        expect(toHex(core.stateHash())).toBe(toHex(node.core.stateHash()))
        expect([...core.state.refusals]).toEqual([])
      }),
      { numRuns: 5 },
    )
  })

  test('so does any order at all, as blocks and slots wait for what they need', () => {
    for (const seed of [1, 2, 3]) {
      const core = createPhysicalCore({
        rules: net.rules,
        farmer: null,
        timelord: false,
        limits: { orphans: 1000, wants: 1000 },
      })
      core.step({ kind: 'start', slot: net.network.slotNow() })
      const shuffled = prng(seed).shuffle(blocks)
      for (const [i, block] of shuffled.entries())
        core.step({ kind: 'blocks', blocks: [block], from: `${i}` })
      for (let round = 0; round < 20; round++)
        core.step({ kind: 'slots', proofs: slots, live: false, from: 'a' })
      expect(toHex(core.stateHash())).toBe(toHex(node.core.stateHash()))
    }
  })

  test('a snapshot is read back to the byte', () => {
    const tip = node.core.state.nodes.get(toHex(node.core.tip().hash))!
    const bytes = encodeSnapshot(tip)
    const read = decodeSnapshot(net.rules, bytes)
    expect(toHex(encodeSnapshot(read))).toBe(toHex(bytes))
    expect(read.chain).toEqual(tip.chain)
    for (let length = 0; length < bytes.length; length += 7)
      expect(() => decodeSnapshot(net.rules, bytes.subarray(0, length))).toThrow(CodedError)
  })

  test('total on garbage: nothing throws, nothing moves the tip', () => {
    const core = fresh()
    for (const block of blocks.slice(0, 10)) hand(net.rules, core, block)
    const tip = toHex(core.tip().hash)
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
    const number = fc.oneof(
      fc.nat(200),
      fc.maxSafeNat(),
      fc.constant(-1),
      fc.constant(0.5),
      fc.constant(Number.NaN),
    )
    const changed = fc.record({
      at: fc.nat(blocks.length - 1),
      trunk: fc.record(
        { slot: fc.nat(500), k: fc.nat(255), plotId: bytes(32), parentTrunk: bytes(32), y: bytes(256) },
        { requiredKeys: [] },
      ),
      foliage: fc.record(
        { height: fc.nat(500), parentHash: bytes(32), trunkHash: bytes(32), farmer: bytes(32) },
        { requiredKeys: [] },
      ),
      quality: bytes(32),
    })
    const events: fc.Arbitrary<PhysicalEvent> = fc.oneof(
      changed.map(({ at, trunk, foliage, quality }): PhysicalEvent => {
        const { block } = blocks[at]!
        const made = {
          ...block,
          trunk: { ...block.trunk, ...trunk },
          foliage: { ...block.foliage, ...foliage },
        }
        return { kind: 'blocks', blocks: [{ block: made, quality }], from: 'a' }
      }),
      fc.record({ slot: fc.nat(500), seed: bytes(32), y: bytes(256), isFirst: fc.boolean() }).map(
        ({ slot, seed, y, isFirst }): PhysicalEvent => ({
          kind: 'slots',
          proofs: [{ slot, seed, previous: isFirst ? null : y, y, proof: y }],
          live: true,
          from: 'a',
        }),
      ),
      fc
        .record({ plotId: bytes(32), slot: fc.nat(500), seed: bytes(32), quality: bytes(32) })
        .chain((x) =>
          fc.constantFrom<PhysicalEvent>(
            { kind: 'looked-up', ...x, tickets: [{ quality: x.quality, handle: 0 }] },
            { kind: 'proved', ...x, proof: x.quality },
            { kind: 'withdraw-items', hashes: [x.quality] },
          ),
        ),
      number.map((slot): PhysicalEvent => ({ kind: 'clock', slot: Math.min(slot, 200) })),
    )
    fc.assert(
      fc.property(fc.array(events, { maxLength: 20 }), (list) => {
        for (const event of list) core.step(event)
        expect(toHex(core.tip().hash)).toBe(tip)
      }),
      { numRuns: 150 },
    )
    for (const block of blocks.slice(10)) hand(net.rules, core, block)
    expect(equal(core.tip().hash, node.core.tip().hash)).toBe(true)
  })
})

import { standInSignatures } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import {
  chainRules,
  createPhysicalCore,
  isWin,
  lotteryNumber,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalInit,
  workQuality,
} from '../src/index.ts'
import { attestation, easyRules, freshCore, grow, live, plotOf, refusalsIn, registration } from './forge.ts'
import { modelProof, modelQuality, publicKeyOf, secretOf } from './model.ts'

const farmerInit = (farmer: number): Partial<PhysicalInit> => ({
  farmer: {
    publicKey: publicKeyOf(`farmer ${farmer}`),
    sign: (message) => standInSignatures.sign(secretOf(`farmer ${farmer}`), message),
  },
})
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

  test('PC19: proof of work farms through the same effects', () => {
    const options = { plots: [], parameters: { engine: 'work', initialDifficulty: 30_000_000n } } as const
    const { genesis } = easyRules(options)
    const plots = [{ farmer: publicKeyOf('farmer 0'), index: 0, k: 0, region: 0 }]
    const rules = chainRules({ ...genesis, plots })
    const core = freshCore(rules, farmerInit(0), 40)
    core.step({ kind: 'plots', plots: [{ plotId: plotOf(0), k: 0 }] })
    let tried = 0
    for (let slot = 1; slot <= 40; slot++) {
      for (const { plotId, seed, slotChallenge, target } of lookUpsIn(core.step(live(rules, core, slot)))) {
        for (let nonce = 0; nonce < 20; nonce++) {
          tried++
          const proof = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, nonce)
          const quality = workQuality(plotId, slotChallenge, proof)
          if (lotteryNumber(quality, slotChallenge) >= target) continue
          core.step({ kind: 'looked-up', plotId, slot, seed, tickets: [{ quality, handle: nonce }] })
          core.step({ kind: 'proved', plotId, slot, seed, quality, proof })
          break
        }
      }
    }
    // One nonce in thirty wins; twenty are tried a slot at most.
    expect(core.tip().height).toBeGreaterThan(8)
    expect(core.tip().height).toBeLessThan(30)
    expect(tried).toBeLessThan(800)
    expect([...core.state.refusals]).toEqual([])
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

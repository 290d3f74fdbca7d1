import { CodedError, equal, prng, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPhysicalCore, decodeSnapshot, encodeSnapshot, type PhysicalEvent } from '../src/index.ts'
import { freshCore, hand, hashOf } from './forge.ts'
import { testNetwork } from './network.ts'

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

import {
  blockHashOf,
  createPhysicalCore,
  type PhysicalBlock,
  type PhysicalJournalEntry,
} from '@groundwork/physical-core'
import { type Bytes, equal, standInSignatures, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { modelQuality, publicKeyOf, secretOf } from '../../physical-core/test/model.ts'
import { bestChain, type TestNode, testNetwork } from '../../physical-core/test/network.ts'
import { coercibleFarmer } from '../src/index.ts'

interface World {
  readonly seed: number
  /** Of the honest two, and of the one that forks. */
  readonly plots: readonly [number, number, number]
  readonly kappa: number
  readonly epochSlots: number
  readonly timelords?: readonly number[]
}

/** Two honest farmers, and one that is told to fork, or let go, by `order`. */
function worldOf({ seed, plots, kappa, epochSlots, timelords = [0, 2] }: World) {
  const net = testNetwork({
    seed,
    plots,
    timelords,
    parameters: { kappa, epochSlots, seedLagSlots: epochSlots / 2, winnersPerSlotMilli: 800 },
  })
  const order = { forks: true }
  const label = 'farmer 2'
  const sign = (message: Bytes) => standInSignatures.sign(secretOf(label), message)
  const forker = net.nodes[2] as TestNode
  forker.core = coercibleFarmer(forker.core, {
    rules: net.rules,
    coercion: { does: (behaviour) => behaviour === 'private-fork' && order.forks, isAccomplice: () => false },
    resume: (stored) =>
      createPhysicalCore({
        rules: net.rules,
        farmer: { publicKey: publicKeyOf(label), sign },
        timelord: timelords.includes(2),
        stored,
      }),
  })
  return { net, order, forker, honest: net.nodes.slice(0, 2) }
}

interface Showing {
  readonly blocks: PhysicalBlock[]
  /** Of the public tip when it began. */
  readonly publicHeight: number
  readonly publicWeight: bigint
}

/** Every time that a farmer published: whatever it made in between was kept for the next time. */
function showingsOf(node: TestNode): Showing[] {
  const showings: Showing[] = []
  let tip = { height: 0, weight: 0n }
  let isNew = true
  for (const effect of node.effects) {
    if (effect.kind === 'tip') tip = effect.tip
    if (effect.kind === 'persist') isNew = true
    if (effect.kind !== 'broadcast' || effect.message.kind !== 'block') continue
    if (isNew) showings.push({ blocks: [], publicHeight: tip.height, publicWeight: tip.weight })
    isNew = false
    showings.at(-1)?.blocks.push(effect.message.block)
  }
  return showings
}

const madeBy = (node: TestNode): string[] =>
  node.effects.flatMap((effect) =>
    effect.kind === 'observe' && effect.observation.kind === 'block-made'
      ? [toHex(effect.observation.hash)]
      : [],
  )
const keyOf = ({ foliage }: PhysicalBlock): string => toHex(blockHashOf(foliage))
const deepest = (nodes: readonly TestNode[]): number =>
  Math.max(
    0,
    ...nodes.flatMap(({ effects }) =>
      effects.map((effect) => (effect.kind === 'tip' ? effect.reverted.length : 0)),
    ),
  )
const refusals = (nodes: readonly TestNode[]): string[] =>
  nodes.flatMap(({ core }) => [...core.state.refusals.keys()])
const repeated = (all: readonly string[]): number => all.length - new Set(all).size
const signedTwice = ({ journal }: TestNode): number =>
  repeated(journal.flatMap((one) => (one.kind === 'signed' ? [`${toHex(one.plotId)}:${one.slot}`] : [])))
const lookedUpTwice = ({ effects }: TestNode): number =>
  repeated(
    effects.flatMap((one) =>
      one.kind === 'look-up' ? [`${toHex(one.plotId)}:${one.slot}:${toHex(one.seed)}`] : [],
    ),
  )

describe('a farmer that forks in private', () => {
  const worlds = fc.record({
    seed: fc.integer({ min: 1, max: 100_000 }),
    plots: fc.constantFrom<[number, number, number]>([1, 1, 4], [2, 2, 3], [3, 3, 1], [0, 1, 2]),
    kappa: fc.integer({ min: 2, max: 8 }),
    // The shortest ones give the private chain seeds, hence challenges, of its own.
    epochSlots: fc.constantFrom(8, 16, 64),
  })

  test('shows its chain only when it is heavier and the fork is deep; before, nothing of it leaves', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { net, forker, honest } = worldOf(world)
        for (let seconds = 0; seconds < 90; seconds++) {
          net.run(1000)
          // Slots of a chain that nobody knows would give it away.
          if (showingsOf(forker).length === 0) expect(refusals(honest)).toEqual([])
        }
        const showings = showingsOf(forker)
        for (const { blocks, publicHeight } of showings) {
          const base = (blocks[0]?.foliage.height ?? 0) - 1
          expect(publicHeight - base).toBeGreaterThanOrEqual(world.kappa)
        }
        const shown = new Set(showings.flatMap(({ blocks }) => blocks.map(keyOf)))
        const made = new Set(madeBy(forker))
        for (const node of honest) {
          for (const key of node.blocks.keys()) if (made.has(key)) expect(shown).toContain(key)
        }
        for (const key of forker.blocks.keys()) if (made.has(key)) expect(shown).toContain(key)
        expect(signedTwice(forker)).toBe(0)
        expect(lookedUpTwice(forker)).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  test.each([1, 2, 3])('with most of the space it takes back what was trusted, seed %i', (seed) => {
    const { net, forker, honest } = worldOf({ seed, plots: [1, 1, 4], kappa: 4, epochSlots: 8 })
    net.run(120_000)
    const showings = showingsOf(forker)
    expect(showings.length).toBeGreaterThan(1)
    for (const { blocks, publicWeight } of showings) {
      const last = blocks.at(-1) as PhysicalBlock
      const chain = forker.core.chainOf(blockHashOf(last.foliage))
      expect(chain?.weight).toBeGreaterThan(publicWeight)
    }
    expect(deepest(honest)).toBeGreaterThanOrEqual(4)
    // What was shown first is everybody's past.
    const first = showings[0]?.blocks.map(keyOf) ?? []
    for (const node of honest) expect(bestChain(node)).toEqual(expect.arrayContaining(first))
  })

  test.each([1, 2, 3])('with little of it the chain is undisturbed, seed %i', (seed) => {
    const { net, forker, honest } = worldOf({ seed, plots: [3, 3, 1], kappa: 6, epochSlots: 16 })
    net.run(120_000)
    expect(madeBy(forker).length).toBeGreaterThan(5)
    expect(showingsOf(forker)).toEqual([])
    expect(deepest(honest)).toBeLessThanOrEqual(2)
    expect(honest[0]?.core.tip().height).toBeGreaterThan(40)
  })

  test('is the follower that it claims to be: what it says of its chain is the public one', () => {
    const { net, forker, honest } = worldOf({ seed: 5, plots: [3, 3, 1], kappa: 6, epochSlots: 16 })
    net.run(60_500)
    const [one] = honest as [TestNode]
    expect(toHex(forker.core.confirmed(2).hash)).toBe(toHex(one.core.confirmed(2).hash))
    for (const key of bestChain(one).slice(0, -2)) expect(forker.blocks.has(key)).toBe(true)
  })

  test('keeps time for everybody while the slots are shared', () => {
    const world = worldOf({ seed: 6, plots: [3, 3, 1], kappa: 6, epochSlots: 64, timelords: [2] })
    world.net.run(30_000)
    expect(world.honest[0]?.core.tip().height).toBeGreaterThan(10)
    expect(madeBy(world.forker).length).toBeGreaterThan(0)
  })

  test('told in mid-run, without a timelord of its own, it farms on the slots that all share', () => {
    const world = { seed: 8, plots: [1, 1, 2], kappa: 30, epochSlots: 64, timelords: [0] } as const
    const { net, order, forker } = worldOf(world)
    order.forks = false
    net.run(15_000)
    const before = madeBy(forker).length
    order.forks = true
    net.run(15_000)
    expect(madeBy(forker).length).toBeGreaterThan(before)
    expect(showingsOf(forker).flatMap(({ blocks }) => blocks).length).toBeLessThanOrEqual(before)
  })

  test('once it is let go it farms like everybody, signs no slot twice, and evaluates what it owes', () => {
    // Alone it keeps time, so nothing goes on unless it takes that up again.
    const world = worldOf({ seed: 7, plots: [2, 2, 3], kappa: 30, epochSlots: 8, timelords: [2] })
    const { net, order, forker, honest } = world
    net.run(40_000)
    expect(showingsOf(forker)).toEqual([])
    const still = honest[0]?.core.tip().height ?? 0
    const secret = new Set(madeBy(forker))
    order.forks = false
    net.run(60_000)
    const [one] = honest as [TestNode]
    expect(one.core.tip().height).toBeGreaterThan(still + 15)
    const own = madeBy(forker).filter((key) => !secret.has(key))
    expect(bestChain(one).filter((key) => own.includes(key)).length).toBeGreaterThan(5)
    expect(bestChain(one).filter((key) => secret.has(key))).toEqual([])
    expect(signedTwice(forker)).toBe(0)
  })

  test('an answer of its plots that comes after it was let go makes no second block of that slot', () => {
    const { net, order, forker } = worldOf({ seed: 4, plots: [1, 1, 4], kappa: 30, epochSlots: 64 })
    while (forker.journal.length === 0) net.run(5)
    const [signed] = forker.journal as [PhysicalJournalEntry & { kind: 'signed' }]
    const asked = forker.effects.find(
      (effect) =>
        effect.kind === 'look-up' && effect.slot === signed.slot && equal(effect.plotId, signed.plotId),
    )
    if (asked?.kind !== 'look-up') throw new Error('it was asked for')
    const { plotId, slot, seed, challenge } = asked
    order.forks = false
    const tickets = [{ quality: modelQuality(plotId, challenge, 0), handle: 0 }]
    forker.step({ kind: 'looked-up', plotId, slot, seed, tickets })
    net.run(2_000)
    expect(signedTwice(forker)).toBe(0)
  })

  test('its journal, rewritten at any time, holds all that was ever signed', () => {
    const { net, order, forker } = worldOf({ seed: 3, plots: [1, 1, 4], kappa: 4, epochSlots: 8 })
    const missing = (): string[] => {
      const kept = new Set(forker.core.journal().map((entry) => JSON.stringify(entry, bigints)))
      return forker.journal.map((entry) => JSON.stringify(entry, bigints)).filter((entry) => !kept.has(entry))
    }
    for (const forks of [true, false, true, false]) {
      order.forks = forks
      net.run(20_000)
      expect(missing()).toEqual([])
    }
    expect(forker.journal.length).toBeGreaterThan(20)
    expect(signedTwice(forker)).toBe(0)
  })
})

function bigints(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? toHex(value) : value
}

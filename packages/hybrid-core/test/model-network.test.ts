import { describe, expect, test } from 'vitest'
import { hybridProfiles, inclusionBoundBlocks, recoveryBlocks } from '../src/index.ts'
import { eventsOf, inclusionDelays, revertedFast, twinsOf } from './model/measure.ts'
import { createModel, type Model, type ModelInit } from './model/network.ts'
import { ancestorAt } from './model/physical.ts'

const { demo } = hybridProfiles
const many = (n: number) => Array.from({ length: n }, () => ({ weight: 1000 }))
const plots = (n: number) => Array.from({ length: n }, () => ({ space: 10 }))
const seeds = Array.from({ length: 20 }, (_, i) => i)
const usual = { parameters: demo, validators: many(10), farmers: plots(10), orphanEvery: 4, forcedEvery: 5 }
const tip = (model: Model) => model.sides[0]!.tip
const untilFinal = (model: Model, after: number, most: number) => {
  const before = model.finalSlots.length
  const start = tip(model).height
  for (let i = 0; i < most && model.finalSlots.length === before; i++) model.run(1)
  expect(model.finalSlots.length, `final again within ${most} slots of ${after}`).toBeGreaterThan(before)
  return tip(model).height - start
}

test('without faults nothing ever triggers and nothing is reverted', () => {
  for (const seed of seeds.slice(0, 4)) {
    const model = createModel({ ...usual, seed })
    model.run(7200)
    expect(eventsOf(tip(model), 'trigger')).toEqual([])
    expect(revertedFast(model)).toBe(0)
    expect(Math.max(...inclusionDelays(tip(model), 20).map(Number))).toBeLessThanOrEqual(2 * demo.kappa)
  }
})

test.each(Object.entries(hybridProfiles))(
  '%s: every stall up to D_s - m - 1 blocks resumes in FAST',
  (_, parameters) => {
    const { stallDeadlineBlocks, stopMarginBlocks, kappa } = parameters
    for (let length = 1; length < stallDeadlineBlocks - stopMarginBlocks; length++) {
      for (const seed of seeds.slice(0, 3)) {
        const model = createModel({ ...usual, parameters, seed })
        model.run(4 * kappa + 60)
        // The stall is counted from the last refreshing checkpoint, which may come a block after the last final.
        model.stalled = true
        const since = tip(model).mode.lastCheckpoint
        while (tip(model).height < Math.max(since, tip(model).mode.lastCheckpoint) + length) model.run(1)
        model.stalled = false
        model.run(200)
        expect(eventsOf(tip(model), 'trigger'), `${length} blocks, seed ${seed}`).toEqual([])
        expect(revertedFast(model)).toBe(0)
        expect(tip(model).height - tip(model).mode.lastCheckpoint).toBeLessThan(kappa)
      }
    }
  },
)

test('longer stalls trigger, and FAST comes back by itself', () => {
  for (let length = 24; length <= 28; length++) {
    const model = createModel({ ...usual, seed: length })
    model.run(100)
    model.stalled = true
    const start = tip(model).height
    while (tip(model).height < start + length) model.run(1)
    model.stalled = false
    model.run(600)
    expect(eventsOf(tip(model), 'exit')).toHaveLength(1)
    expect(tip(model).mode.recorded).toBeNull()
    expect(revertedFast(model)).toBe(0)
  }
})

describe('stake that vanishes for ever', () => {
  // Rows of the recovery table: part gone in tenths, windows of leak.
  test.each([
    [4, 1],
    [5, 2],
    [6, 2],
    [7, 3],
    [8, 4],
    [9, 5],
  ])('%i tenths: back after %i windows of leak', (tenths, windows) => {
    const times = seeds.map((seed) => {
      const model = createModel({ ...usual, seed })
      model.run(100 + seed)
      for (let i = 0; i < tenths; i++) model.validators[i]!.gone = true
      const time = untilFinal(model, seed, 1500)
      expect(eventsOf(tip(model), 'trigger')).toHaveLength(1)
      return time
    })
    const { least, most } = recoveryBlocks(demo, windows, 2)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(least - 3)
    expect(Math.max(...times)).toBeLessThanOrEqual(most + 3)
  })
})

describe('a coalition that vetoes forced transactions', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('%i tenths of the stake: none later than D', (tenths) => {
    const bound = inclusionBoundBlocks(demo)
    let latest = 0
    for (const seed of seeds) {
      const model = createModel({ ...usual, seed, forcedEvery: 20 })
      for (let i = 0; i < tenths; i++) model.validators[i]!.coerced = true
      model.run(900)
      const delays = inclusionDelays(tip(model), bound)
      expect(delays).not.toContain(null)
      latest = Math.max(latest, ...delays.map(Number))
      expect(revertedFast(model)).toBe(0)
    }
    expect(latest).toBeLessThanOrEqual(bound)
    if (tenths <= 3) expect(latest).toBeLessThanOrEqual(2 * demo.kappa + 3)
    else expect(latest).toBeGreaterThan(demo.maxAnchorAgeBlocks)
  })
})

describe('partitions of 400 slots', () => {
  const split = (
    stake: number,
    space: number,
    more: Partial<ModelInit> = {},
    straddling = 0,
    slots = 400,
  ) => {
    const found = { both: 0, exits: [0, 0], reverted: 0, back: 0, left: 0 }
    for (const seed of seeds) {
      const model = createModel({
        ...usual,
        seed,
        validators: many(100).map((one) => ({ ...one, weight: 100 })),
        farmers: Array.from({ length: 100 }, (_, i) => ({
          space: 10,
          straddles: Math.abs(2 * i - 99) < straddling,
        })),
        ...more,
      })
      model.run(100)
      for (const [i, one] of model.validators.entries()) one.side = i < stake ? 0 : 1
      for (const [i, one] of model.farmers.entries()) one.side = i < space ? 0 : 1
      model.partition()
      model.run(slots)
      const [a, b] = model.sides.map((side) => side.tip)
      const twins = twinsOf(a!, b!, demo.windowBlocks)
      if (twins.justified) found.both++
      if (twins.left) found.left++
      for (const [i, side] of [a!, b!].entries()) if (eventsOf(side, 'exit').length > 0) found.exits[i]!++
      model.heal()
      const before = model.finalSlots.length
      model.run(500)
      found.reverted += revertedFast(model)
      if (model.finalSlots.length > before) found.back++
    }
    return found
  }

  test('stake and space on one side: that side goes on, the other cannot leave RECORDED', () => {
    expect(split(70, 70)).toEqual({ both: 0, left: 0, exits: [0, 0], reverted: 0, back: 20 })
  })
  test('.5 of the stake and .7 of the space: only that side reconfigures', () => {
    expect(split(50, 70)).toEqual({ both: 0, left: 0, exits: [20, 0], reverted: 0, back: 20 })
  })
  test.each([
    [50, 60],
    [50, 50],
    [34, 66],
  ])('.%i of the stake, .%i of the space: nobody reconfigures', (stake, space) => {
    expect(split(stake, space)).toEqual({ both: 0, left: 0, exits: [0, 0], reverted: 0, back: 20 })
  })
  test('the bad case, .7 of the stake and .3 of the space: the side with the space wins, fast blocks are reverted', () => {
    const found = split(70, 30)
    expect(found).toMatchObject({ both: 0, left: 0, exits: [0, 20], back: 20 })
    expect(found.reverted).toBeGreaterThan(20 * 100)
  })
  test('ablation, no space quorum: both sides reconfigure', () => {
    const found = split(50, 50, { parameters: { ...demo, theta: { num: 0, den: 1 } } }, 0, 600)
    expect(found).toMatchObject({ both: 20, left: 20, exits: [20, 20] })
    expect(found.reverted).toBeGreaterThan(0)
  })
  test('space that votes on both sides: below a third nobody, above it both', () => {
    expect(split(50, 50, {}, 32, 600).both).toBe(0)
    expect(split(50, 50, {}, 34, 600)).toMatchObject({ both: 20, left: 20, exits: [20, 20] })
  })
})

describe('reorganisations within kappa', () => {
  test.each([1, 3, 5, 6])(
    'of %i blocks, at the trigger and at the exit: recovers, nothing is reverted',
    (depth) => {
      for (const seed of seeds) {
        const model = createModel({ ...usual, seed })
        model.run(100)
        for (let i = 0; i < 5; i++) model.validators[i]!.gone = true
        while (tip(model).mode.recorded === null) model.run(1)
        model.reorg(depth)
        while (tip(model).mode.recorded === null) model.run(1)
        while (tip(model).mode.recorded !== null) model.run(1)
        model.reorg(depth)
        untilFinal(model, seed, 400)
        expect(revertedFast(model)).toBe(0)
        expect(tip(model).mode.recorded).toBeNull()
      }
    },
  )
})

describe('reorganisations deeper than kappa', () => {
  test.each([7, 12, 20, 40])(
    'of %i blocks in FAST: fast blocks may fall, finality comes back by itself',
    (depth) => {
      for (const seed of seeds) {
        const model = createModel({ ...usual, seed })
        model.run(150)
        const made = model.stakeBlocks.length
        // I13: what was anchored below the fork stays.
        const fork = ancestorAt(tip(model), tip(model).height - depth)
        const anchored = fork.checkpoint?.height ?? 0
        model.reorg(depth)
        model.run(700)
        const reverted = revertedFast(model)
        expect(reverted).toBeLessThanOrEqual(made - anchored)
        if (depth > demo.kappa + 1) expect(reverted).toBeGreaterThan(0)
        else expect(reverted).toBe(0)
        expect(tip(model).mode.recorded).toBeNull()
        expect(model.finalSlots.at(-1)).toBeGreaterThan(model.slot - 20)
      }
    },
  )
})

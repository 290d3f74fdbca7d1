import { toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  advance,
  type ChainRules,
  chainRules,
  committeeOf,
  epochOf,
  fullScale,
  type Item,
  lastSlotOf,
  type PhysicalCore,
  regionScales,
  scaled,
} from '../src/index.ts'
import {
  attestation,
  easyRules,
  equivocation,
  forge,
  freshCore,
  grow,
  hand,
  plotOf,
  refusalsIn,
  registration,
  retirement,
  twins,
} from './forge.ts'
import { publicKeyOf, testGenesis } from './model.ts'

const slots = 64
const keyOf = (farmer: number, index = 0) => toHex(plotOf(farmer, index))

describe('PC10: registration', () => {
  test('a plot registered in epoch e wins from e + 2 on', () => {
    const rules = easyRules()
    const core = freshCore(rules)
    grow(rules, core, { slot: 3, items: [registration(rules, 4, 0)] })
    for (const [slot, fault] of [
      [4, 'plot-inactive'],
      [slots + 1, 'plot-inactive'],
      [2 * slots, 'plot-inactive'],
    ] as const)
      expect(refusalsIn(hand(rules, core, forge(rules, core.chain(), { slot, farmer: 4 })))).toEqual([fault])
    expect(
      refusalsIn(hand(rules, core, forge(rules, core.chain(), { slot: 2 * slots + 1, farmer: 4 }))),
    ).toEqual([])
    expect(core.tip().slot).toBe(2 * slots + 1)
  })

  test('its id does not fit a seed that was known: the seed of its first epoch is fixed later', () => {
    const rules = easyRules()
    const core = freshCore(rules)
    // At the last slot of epoch 0, the seed of epoch 1 is known; that of epoch 2 is not fixed before the middle of epoch 1.
    grow(rules, core, { slot: slots, items: [registration(rules, 4, 0)] })
    const before = advance(rules, core.chain(), 2).epoch.seed
    grow(rules, core, { slot: slots + 20 })
    expect(toHex(advance(rules, core.chain(), 2).epoch.seed)).not.toBe(toHex(before))
  })

  test('a retired plot wins to the end of the next epoch, and its id is used up', () => {
    const rules = easyRules()
    const core = freshCore(rules)
    grow(rules, core, { slot: 3, items: [retirement(rules, 1, 0)] })
    grow(rules, core, { slot: 2 * slots, farmer: 1 })
    expect(core.tip().height).toBe(2)
    expect(
      refusalsIn(hand(rules, core, forge(rules, core.chain(), { slot: 2 * slots + 1, farmer: 1 }))),
    ).toEqual(['plot-inactive'])
    const again = forge(rules, core.chain(), { slot: 2 * slots + 2, items: [registration(rules, 1, 0)] })
    expect(refusalsIn(hand(rules, core, again))).toEqual(['registration-duplicate'])
  })
})

describe('PC13: equivocation', () => {
  test('two blocks of one plot and slot are reported once, put on the chain, and ban the plot at once and for good', () => {
    const rules = easyRules()
    const core = freshCore(rules)
    const [one, other] = twins(rules, core.chain(), 3, 1)
    hand(rules, core, one)
    const effects = hand(rules, core, other)
    const seen = effects.flatMap((e) =>
      e.kind === 'observe' && e.observation.kind === 'equivocation' ? [e] : [],
    )
    expect(seen.length).toBe(1)
    expect(effects.some((e) => e.kind === 'broadcast' && e.message.kind === 'items')).toBe(true)
    expect(core.state.mempool.items.size).toBe(1)
    const third = forge(rules, core.chainOf(rules.chainId)!, {
      slot: 3,
      farmer: 1,
      items: [{ kind: 'forced-transaction', bytes: Uint8Array.of(9) }],
    })
    expect(refusalsIn(hand(rules, core, third))).toEqual(['equivocation-known'])
    grow(rules, core, { slot: 5, items: [equivocation(one, other)] })
    expect(core.state.mempool.items.size).toBe(0)
    for (const slot of [6, slots + 1, 5 * slots])
      expect(refusalsIn(hand(rules, core, forge(rules, core.chain(), { slot, farmer: 1 })))).toEqual([
        'plot-banned',
      ])
    // Its other plot is another plot.
    grow(rules, core, { slot: 7, farmer: 1, index: 1 })
    expect(core.tip().slot).toBe(7)
    const next = advance(rules, core.chain(), 1)
    expect(next.epoch.active.has(keyOf(1))).toBe(false)
    expect(next.epoch.space).toBeLessThan(core.chain().epoch.space)
  })

  test('a third foliage that others built upon is still taken', () => {
    const rules = easyRules()
    const [core, elsewhere] = [freshCore(rules), freshCore(rules)]
    const [one, other] = twins(rules, core.chain(), 3, 1)
    const item: Item = { kind: 'forced-transaction', bytes: Uint8Array.of(9) }
    const third = forge(rules, core.chain(), { slot: 3, farmer: 1, items: [item] })
    for (const block of [one, other]) hand(rules, core, block)
    hand(rules, elsewhere, third)
    const child = forge(rules, elsewhere.chain(), { slot: 4 })
    const asked = core.step({ kind: 'blocks', blocks: [child], from: 'a' })
    expect(asked.some((e) => e.kind === 'fetch' && e.want.kind === 'block')).toBe(true)
    hand(rules, core, third)
    hand(rules, core, child)
    expect(core.tip().height).toBe(2)
  })
})

describe('PC11: place', () => {
  /** Region 0 has farmers 0 to 5, region 1 has 6 and 7; one plot each. */
  const place = () => {
    const regions = [0, 0, 0, 0, 0, 0, 1, 1]
    const rules = easyRules({ plots: regions.map(() => 1), regions, parameters: { locationGraceEpochs: 1 } })
    return { rules, core: freshCore(rules) }
  }
  const labelOf = (publicKey: Uint8Array) =>
    [0, 1, 2, 3, 4, 5, 6, 7]
      .map((i) => `farmer ${i}`)
      .find((label) => toHex(publicKeyOf(label)) === toHex(publicKey))!

  function attest(
    rules: ChainRules,
    core: PhysicalCore,
    slot: number,
    inside: readonly number[],
    outside: readonly number[],
  ) {
    const chain = advance(rules, core.chain(), epochOf(rules, slot))
    const committee = committeeOf(rules, chain.epoch, chain.epoch.plots.get(keyOf(0))!)
    const said = (seats: typeof committee.inside, rtts: readonly number[]) =>
      rtts.map((rttUs, i) =>
        attestation(rules, labelOf(seats[i]!.publicKey), plotOf(0), chain.epoch.number, rttUs),
      )
    grow(rules, core, {
      slot,
      items: [...said(committee.inside, inside), ...said(committee.outside, outside)],
    })
    expect(core.tip().slot).toBe(slot)
    return committee
  }
  const isLocated = (rules: ChainRules, core: PhysicalCore, epoch: number) =>
    advance(rules, core.chain(), epoch).epoch.active.get(keyOf(0))!.located

  test('the committee: 3f + 1 of the region without the prover, two from outside, another one every epoch', () => {
    const { rules, core } = place()
    const members = [0, 1, 2, 3, 4].map((epoch) => {
      const { epoch: context } = advance(rules, core.chain(), epoch)
      const { inside, outside, needed } = committeeOf(rules, context, context.plots.get(keyOf(0))!)
      if (epoch < 2) {
        expect(needed).toBe(3)
        expect(inside.length).toBe(4)
        expect(inside.every(({ region }) => region === 0)).toBe(true)
        expect(inside.map(({ publicKey }) => labelOf(publicKey))).not.toContain('farmer 0')
        expect(outside.map(({ region }) => region)).toEqual([1, 1])
      }
      return inside.map(({ publicKey }) => labelOf(publicKey)).join()
    })
    expect(members[0]).not.toBe(members[1])
    // Nobody proved a place since genesis and its grace: nobody may judge.
    expect(members[3]).toBe('')
  })

  test('three of four near: proven for the next epoch and one of grace; then half the weight', () => {
    const { rules, core } = place()
    attest(rules, core, slots + 5, [15_000, 10, 9000, 20_000], [30_000, 40_000])
    expect([2, 3].map((epoch) => isLocated(rules, core, epoch))).toEqual([true, true])
    expect(isLocated(rules, core, 4)).toBe(false)
    const size = (epoch: number) => advance(rules, core.chain(), epoch).epoch.active.get(keyOf(0))!.effective
    expect(size(4) * 2n).toBe(size(3))
  })

  test('two of four near are not enough, nor is anything that comes without the plot', () => {
    const { rules, core } = place()
    attest(rules, core, slots + 5, [15_000, 10, 15_001, 20_000], [30_000])
    expect(isLocated(rules, core, 2)).toBe(false)
  })

  test('one from outside that is faster than light: the place is lost at once, grace included', () => {
    const { rules, core } = place()
    attest(rules, core, 5, [10, 10, 10, 10], [30_000, 29_999])
    expect(isLocated(rules, core, 1)).toBe(false)
  })
})

describe('PC12: regional cap', () => {
  const sizes = fc.array(fc.array(fc.bigInt({ min: 1_000_000n, max: 10_000_000_000n }), { maxLength: 6 }), {
    minLength: 1,
    maxLength: 8,
  })
  const caps = fc.integer({ min: 150, max: 900 })
  const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n)
  const keptOf = (regions: readonly bigint[][], scales: readonly number[]) =>
    regions.map((region, i) => sum(region.map((size) => scaled(size, scales[i]!))))

  test('no region is above the cap, unless it is impossible or cut to the floor; what is below the level is whole', () => {
    fc.assert(
      fc.property(sizes, caps, fc.constantFrom(1, 100, 500), (regions, cap, floor) => {
        const scales = regionScales(regions, cap, floor)
        const kept = keptOf(regions, scales)
        const occupied = kept.filter((part) => part > 0n).length
        if (occupied * cap < 1000) {
          expect(scales.every((scale) => scale === fullScale)).toBe(true)
          return
        }
        const whole = sum(kept)
        const totals = regions.map(sum)
        const atFloor = scales.some((scale) => scale <= floor * 1_000_000)
        for (const [i, part] of kept.entries()) {
          expect(scales[i]).toBeGreaterThanOrEqual(floor * 1_000_000)
          expect(scales[i]).toBeLessThanOrEqual(fullScale)
          if (scales[i]! > floor * 1_000_000)
            expect(part * 1000n <= whole * BigInt(cap) + (occupied * cap === 1000 ? whole / 1000n : 0n)).toBe(
              true,
            )
          // Nobody is cut for nothing: who is cut by more than rounding has nearly all that it may.
          if (scales[i]! < fullScale - 100_000 && !atFloor)
            expect(part * 1000n * 1000n >= whole * BigInt(cap) * 998n).toBe(true)
        }
        // A larger region never keeps less than a smaller one, but for rounding.
        for (const i of totals.keys())
          for (const j of totals.keys())
            if (totals[i]! > totals[j]! && !atFloor) expect(kept[i]! * 1000n >= kept[j]! * 998n).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('the order of regions and of plots has no meaning', () => {
    fc.assert(
      fc.property(sizes, caps, (regions, cap) => {
        const scales = regionScales(regions, cap, 100)
        const again = regionScales(
          [...regions].reverse().map((region) => [...region].reverse()),
          cap,
          100,
        )
        expect([...again].reverse()).toEqual(scales)
      }),
      { numRuns: 300 },
    )
  })

  test('in the chain: 6, 2, 1 and 1 plots under a cap of 0.4', () => {
    const genesis = testGenesis({
      plots: [6, 2, 1, 1],
      regions: [0, 1, 2, 2],
      parameters: { regionCapMilli: 400 },
    })
    const core = freshCore(chainRules(genesis))
    const { active, space } = core.chain().epoch
    const share = (region: number) =>
      sum(
        [...active.values()]
          .filter(({ record }) => record.region === region)
          .map(({ effective }) => effective),
      )
    expect(Number((share(0) * 1000n) / space)).toBeGreaterThanOrEqual(399)
    expect(share(0) * 1000n <= space * 400n).toBe(true)
    expect(share(1)).toBe(share(2))
    expect(lastSlotOf(chainRules(genesis), 0)).toBe(64)
  })
})

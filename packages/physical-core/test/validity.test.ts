import { toHex } from '@groundwork/primitives'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ChainRules, ChainState, CheckedBlock, Item, PhysicalCore } from '../src/index.ts'
import {
  attestation,
  easyRules,
  equivocation,
  type Forging,
  forge,
  freshCore,
  grow,
  hand,
  hashOf,
  plotOf,
  refusalsIn,
  registration,
  retirement,
  twins,
} from './forge.ts'
import { modelProof, publicKeyOf, seedOf } from './model.ts'

let rules: ChainRules
let core: PhysicalCore
/** After three blocks, at slot 9. */
let tip: ChainState

beforeEach(() => {
  rules = easyRules()
  core = freshCore(rules)
  grow(rules, core, { slot: 2 })
  grow(rules, core, { slot: 5, farmer: 1 })
  grow(rules, core, { slot: 9, farmer: 2 })
  tip = core.chain()
  expect(tip.height).toBe(3)
})

const opaque = (
  kind: 'checkpoint' | 'checkpoint-bodies' | 'forced-transaction' | 'stake-evidence' | 'recorded-vote',
  length: number,
): Item => ({
  kind,
  bytes: new Uint8Array(length),
})
const reasons = (block: CheckedBlock) => refusalsIn(hand(rules, core, block))
const at12 = (overrides: Partial<Forging> = {}) => forge(rules, tip, { slot: 12, ...overrides })

test('a block in order is taken, on the tip and on any fork', () => {
  expect(reasons(at12())).toEqual([])
  expect(core.tip().height).toBe(4)
  expect(reasons(at12({ farmer: 1, index: 1 }))).toEqual([])
})

describe('PC5: what the bytes must have among themselves; the block of that name may still come', () => {
  const cases: Record<string, () => CheckedBlock> = {
    'trunk-hash': () => at12({ foliage: { trunkHash: seedOf('other') } }),
    'lane-roots': () => {
      const { block, quality } = at12()
      return { block: { ...block, items: [opaque('stake-evidence', 10)] }, quality }
    },
    'items-order': () => at12({ items: [opaque('recorded-vote', 10), opaque('checkpoint', 10)] }),
    'lane-size-checkpoint': () => at12({ items: [opaque('checkpoint', 65_537)] }),
    'lane-size-forced': () =>
      at12({ items: [opaque('forced-transaction', 9000), opaque('forced-transaction', 9000)] }),
    'lane-size-evidence': () => at12({ items: [opaque('stake-evidence', 8193)] }),
    'lane-size-votes': () => at12({ items: [opaque('recorded-vote', 24_577)] }),
    'lane-size-registry': () =>
      at12({ items: Array.from({ length: 40 }, (_, i) => registration(rules, 0, 100 + i)) }),
    'checkpoint-count': () => at12({ items: [opaque('checkpoint', 10), opaque('checkpoint', 11)] }),
    'forced-count': () =>
      at12({ items: Array.from({ length: 65 }, (_, i) => opaque('forced-transaction', i)) }),
    'block-size': () => at12({ items: [opaque('checkpoint', 140_000)] }),
    'proof-size': () => at12({ trunk: { proof: new Uint8Array(127) } }),
  }

  test.each(Object.keys(cases))('%s', (reason) => {
    const block = cases[reason]!()
    expect(reasons(block)).toEqual([reason])
    expect(core.blockFault(block.block)).toBe(reason)
    expect(core.state.refused.size).toBe(0)
    expect(core.tip().height).toBe(3)
  })

  test('the same name with the right items is taken afterwards', () => {
    const good = at12({ items: [opaque('stake-evidence', 10)] })
    expect(reasons({ ...good, block: { ...good.block, items: [] } })).toEqual(['lane-roots'])
    expect(reasons(good)).toEqual([])
    expect(toHex(core.tip().hash)).toBe(toHex(hashOf(good)))
  })
})

describe('PC6: what the chain demands; the block is remembered as invalid, and so is what builds on it', () => {
  const twinsOf = (farmer: number) => equivocation(...twins(rules, tip, 11, farmer))
  const cases: Record<string, () => CheckedBlock> = {
    'slot-order': () => forge(rules, tip, { slot: 9 }),
    height: () => at12({ foliage: { height: 5 } }),
    'parent-trunk': () => at12({ trunk: { parentTrunk: seedOf('other') } }),
    'plot-unknown': () => at12({ trunk: { plotId: seedOf('plot') } }),
    'plot-size': () => at12({ trunk: { k: 17, proof: modelProof(17, 0) } }),
    'plot-farmer': () => at12({ foliage: { farmer: publicKeyOf('farmer 1') } }),
    'y-wrong': () => at12({ trunk: { y: new Uint8Array(256) } }),
    'registration-size': () =>
      at12({ items: [registration(rules, 0, 9, { k: 33, proof: modelProof(32, 0) })] }),
    'registration-region': () => at12({ items: [registration(rules, 0, 9, { region: 3 })] }),
    'registration-attempt': () => at12({ items: [registration(rules, 0, 9, { attempt: 16 })] }),
    'registration-proof': () => at12({ items: [registration(rules, 0, 9, { proof: new Uint8Array(0) })] }),
    'registration-duplicate': () => at12({ items: [registration(rules, 0, 1)] }),
    'retirement-unknown': () => at12({ items: [retirement(rules, 0, 9)] }),
    'retirement-farmer': () => at12({ items: [retirement(rules, 0, 0, { plotId: plotOf(1) })] }),
    'retirement-duplicate': () => at12({ items: [retirement(rules, 0, 0), retirement(rules, 0, 0)] }),
    'location-unknown': () => at12({ items: [attestation(rules, 'farmer 1', seedOf('plot'), 0, 10)] }),
    'location-epoch': () => at12({ items: [attestation(rules, 'farmer 1', plotOf(0), 1, 10)] }),
    'location-challenger': () => at12({ items: [attestation(rules, 'farmer 0', plotOf(0), 0, 10)] }),
    'location-duplicate': () =>
      at12({
        items: [10, 11].map((rttUs) => attestation(rules, 'farmer 1', plotOf(0), 0, rttUs)),
      }),
    'evidence-unrelated': () => {
      const { a } = twinsOf(1)
      return at12({ items: [{ ...twinsOf(0), a }] })
    },
    'evidence-trunk': () => {
      const evidence = twinsOf(1)
      const a = { ...evidence.a, trunk: { ...evidence.a.trunk, proof: modelProof(16, 9) } }
      return at12({ items: [{ ...evidence, a }] })
    },
    'evidence-order': () => {
      const { kind, a, b } = twinsOf(1)
      return at12({ items: [{ kind, a: b, b: a }] })
    },
    'evidence-unknown': () => at12({ items: [equivocation(...twins(rules, tip, 11, 7))] }),
    'evidence-duplicate': () => at12({ items: [twinsOf(1), twinsOf(1)] }),
  }

  test.each(Object.keys(cases))('%s', (reason) => {
    const block = cases[reason]!()
    expect(reasons(block)).toEqual([reason])
    expect(core.state.refusals.get(reason)).toBe(1)
    expect(core.state.refused.has(toHex(hashOf(block)))).toBe(true)
    expect(core.tip().height).toBe(3)
    const child = forge(rules, tip, { slot: 13, foliage: { parentHash: hashOf(block), height: 5 } })
    expect(reasons(child)).toEqual(['parent-invalid'])
    expect(reasons(child)).toEqual(['block-known-invalid'])
  })

  test('lottery-lost: a ticket above the target', () => {
    rules = easyRules({ parameters: { initialDifficulty: 1n << 40n } })
    core = freshCore(rules)
    tip = core.chain()
    const block = forge(rules, tip, { slot: 1 })
    expect(core.blockFault(block.block)).toBe(null)
    expect(reasons(block)).toEqual(['lottery-lost'])
  })

  test('plot-inactive: a plot that is registered, but not for this epoch', () => {
    grow(rules, core, { slot: 12, items: [registration(rules, 5, 0)] })
    tip = core.chain()
    expect(tip.height).toBe(4)
    expect(reasons(forge(rules, tip, { slot: 13, farmer: 5 }))).toEqual(['plot-inactive'])
  })

  test('registration-full', () => {
    rules = easyRules({ parameters: { maxPlots: 6 } })
    core = freshCore(rules)
    tip = core.chain()
    expect(reasons(forge(rules, tip, { slot: 1, items: [registration(rules, 5, 0)] }))).toEqual([
      'registration-full',
    ])
  })

  test('work-quality: the quality of proof of work is computed here', () => {
    rules = easyRules({ plots: [], parameters: { engine: 'work', unlocatedMilli: 1000 } })
    const { genesis } = rules
    const plots = [{ farmer: publicKeyOf('farmer 0'), index: 0, k: 0, region: 0 }]
    rules = { ...rules, genesis: { ...genesis, plots } }
    core = freshCore(rules)
    tip = core.chain()
    const block = forge(rules, tip, { slot: 1 })
    expect(reasons({ ...block, quality: seedOf('better') })).toEqual(['work-quality'])
    expect(reasons(forge(rules, tip, { slot: 1, ticket: 1 }))).toEqual([])
  })
})

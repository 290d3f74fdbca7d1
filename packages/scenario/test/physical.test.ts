import { describe, expect, test } from 'vitest'
import { farmersOf, validatorsOf } from '../src/index.ts'
import { planOf, refusal } from './support.ts'

const six = 'network: { physical: { farmers: { Ireland: 2, Mumbai: 4 } } }\n'
const physical = (text: string): string => `network: { physical: { ${text} } }`

describe('farmers', () => {
  test('without them a plan is what it was', () => {
    expect(planOf('')).not.toHaveProperty('physical')
    expect(planOf('').nodes.every(({ role }) => role === 'validator')).toBe(true)
  })

  test('six in three regions by default, the first of each a timelord, and no validators', () => {
    const plan = planOf(physical(''))
    expect(validatorsOf(plan.nodes)).toEqual([])
    expect(
      farmersOf(plan.nodes).map(({ name, labels, timelord, plots, k, claims }) => [
        name,
        labels.region,
        claims,
        timelord,
        plots,
        k,
      ]),
    ).toEqual([
      ['f1', 'N_Virginia', 'N_Virginia', true, 2, 16],
      ['f2', 'N_Virginia', 'N_Virginia', false, 2, 16],
      ['f3', 'Ireland', 'Ireland', true, 2, 16],
      ['f4', 'Ireland', 'Ireland', false, 2, 16],
      ['f5', 'Mumbai', 'Mumbai', true, 2, 16],
      ['f6', 'Mumbai', 'Mumbai', false, 2, 16],
    ])
    expect(plan.physical).toMatchObject({ profile: 'ci', engine: 'space', squarings: 16_384, slotMs: 250 })
    expect(plan.checks).toEqual([{ check: 'physical-agreement', kappa: null }])
  })

  test('stand beside validators, after them, and are labelled like them', () => {
    const plan = planOf('network: { validators: 2, physical: { farmers: 1, timelords: 1 } }')
    expect(plan.nodes.map(({ name }) => name)).toEqual(['v1', 'v2', 'f1'])
    expect(plan.nodes.at(-1)?.labels).toEqual({
      region: 'N_Virginia',
      cloud: 'A',
      jurisdiction: 'US',
      entity: 'farm-1',
    })
    expect(plan.checks.map(({ check }) => check)).toEqual([
      'agreement',
      'no-false-blame',
      'physical-agreement',
    ])
  })

  test('what a region claims has a place among the delays, though nobody stands there', () => {
    const plan = planOf(physical('farmers: { Mumbai: 2 }, overrides: { f2: { claims: Tokyo, skew: -2s } }'))
    expect(plan.physical?.regions).toEqual(['Mumbai', 'Tokyo'])
    expect(plan.delays.Mumbai?.Tokyo).toBe(60)
    expect(farmersOf(plan.nodes)[1]).toMatchObject({ claims: 'Tokyo', skewMs: -2000 })
    // With two regions nothing can be kept below a half.
    expect(plan.physical?.regionCapMilli).toBe(1000)
  })

  test('a profile is a set of defaults', () => {
    const { physical: of } = planOf(
      physical('profile: adversarial, vdf: none, parameters: { epoch: 64, cap: 50% }'),
    )
    expect(of).toMatchObject({
      squarings: null,
      slotMs: 1000,
      epochSlots: 64,
      seedLagSlots: 32,
      winnersPerSlotMilli: 600,
      kappa: 24,
      regionCapMilli: 500,
    })
  })
})

describe('selectors', () => {
  const nodesOf = (target: string): readonly string[] => {
    const [fault] = planOf(`${six}timeline: [{ at: 1s, fault: kill, target: ${target} }]`).timeline
    if (fault?.action.verb !== 'kill' || fault.action.target.kind !== 'nodes') return expect.unreachable()
    return fault.action.target.nodes
  }
  test.each([
    ['role=timelord', ['f1', 'f3']],
    ['role=farmer', ['f1', 'f2', 'f3', 'f4', 'f5', 'f6']],
    ['region=Ireland', ['f1', 'f2']],
    ['[f6, f2]', ['f2', 'f6']],
    ['all', ['f1', 'f2', 'f3', 'f4', 'f5', 'f6']],
  ])('%s', (target, nodes) => {
    expect(nodesOf(target)).toEqual(nodes)
  })
  test('a share of the space is drawn like a share of the stake', () => {
    expect(nodesOf('space>=0.5')).toHaveLength(3)
    expect(nodesOf('space<1/3')).toHaveLength(1)
  })
})

const farmers = 'network: { physical: { farmers: 2 } }\n'
const refused: readonly (readonly [text: string, line: string])[] = [
  [
    'network: { physical: { farmer: 3 } }',
    'SCENARIO_INVALID test.yaml:1:24: network.physical.farmer: unknown key, did you mean "farmers"; valid: farmers, plots, k, timelords, profile, engine, vdf, parameters, overrides',
  ],
  [
    'network: { physical: { k: 12 } }',
    'SCENARIO_INVALID test.yaml:1:24: network.physical.k: 12 is not a whole number from 16 to 32',
  ],
  [
    'network: { physical: { farmers: 2, overrides: { f3: { plots: 1 } } } }',
    'SCENARIO_INVALID test.yaml:1:49: network.physical.overrides.f3: no such farmer; valid: f1, f2',
  ],
  [
    'network: { physical: { farmers: { Irland: 2 } } }',
    'SCENARIO_TARGET test.yaml:1:35: network.physical.farmers.Irland: "Irland" is not a region of the delay table, did you mean "Ireland"; valid: N_Virginia, Canada, N_California, London, Oregon, Ireland, Frankfurt, S_Paulo, Tokyo, Mumbai, Sydney, Seoul, Singapore',
  ],
  [
    'network: { physical: { timelords: 0 } }',
    'SCENARIO_INVALID test.yaml:1:24: network.physical.timelords: no farmer is a timelord, so no slot would ever be known; at least one must be, or vdf: none',
  ],
  [
    'network: { physical: { plots: 0 } }',
    'SCENARIO_INVALID test.yaml:1:24: network.physical.plots: no farmer has a plot, so the chain would never grow; at least one farmer needs one',
  ],
  [
    'network: { physical: { parameters: { cap: 20% } } }',
    'SCENARIO_INVALID test.yaml:1:38: network.physical.parameters.cap: 20% cannot be kept with 3 regions; at least 1/3, or 100% for none',
  ],
  [
    'network: { physical: { parameters: { epoch: 8, seedLag: 9 } } }',
    'SCENARIO_INVALID test.yaml:1:48: network.physical.parameters.seedLag: 9 slots are more than an epoch has (8); at most that',
  ],
  [
    'network: { physical: { parameters: { winners: 700 } } }',
    'SCENARIO_INVALID test.yaml:1:38: network.physical.parameters.winners: 700 is not one of 250, 500, 600, 800, 1000, 1500, 2000',
  ],
  [
    'checks: [physical-agreement]',
    'SCENARIO_CONFLICT test.yaml:1:10: checks[0].physical-agreement: this network has no farmers; add network.physical or leave it out',
  ],
  [
    `${farmers}checks: [agreement]`,
    'SCENARIO_CONFLICT test.yaml:2:10: checks[0].agreement: this network has no validators; add network.regions or leave it out',
  ],
  [
    `${farmers}checks: [reorg: {}]`,
    'SCENARIO_INVALID test.yaml:2:10: checks[0].reorg: needs minDepth, maxDepth or both',
  ],
  [
    `${farmers}timeline: [{ at: 1s, fault: kill, target: f1, for: 1s }]\nchecks: [physical-halts: { fault: 1-kil }]`,
    'SCENARIO_CONFLICT test.yaml:3:10: checks[0].physical-halts: "1-kil" is not a fault of this scenario, did you mean "1-kill"; valid: 1-kill',
  ],
  [
    `${farmers}timeline: [{ at: 1s, fault: kill, target: leader }]`,
    'SCENARIO_TARGET test.yaml:2:35: timeline[0].target: leader is a matter of validators, and this network has none',
  ],
  [
    `${farmers}timeline: [{ at: 1s, fault: kill, target: third }]`,
    'SCENARIO_TARGET test.yaml:2:35: timeline[0].target: third is a matter of validators, and this network has none',
  ],
  [
    `${farmers}timeline: [{ at: 1s, fault: kill, target: role=farmr }]`,
    'SCENARIO_TARGET test.yaml:2:35: timeline[0].target: "farmr" is not a role, did you mean "farmer"; valid: validator, farmer, timelord',
  ],
  [
    'timeline: [{ at: 1s, fault: kill, target: space>=0.4 }]',
    'SCENARIO_TARGET test.yaml:1:35: timeline[0].target: space>=0.4 is a matter of farmers with plots, and there are none',
  ],
]

test.each(refused)('%s', (text, line) => {
  expect(refusal(text)).toBe(line)
})

// With nothing to keep back there is nothing to orphan: that one goes with others, in a fault.
const alone = ['private-fork', 'censor-items', 'withhold-checkpoints', 'double-farm']

test.each(alone)('%s from the start is for every runtime', (behaviour) => {
  const text = physical(`farmers: 2, overrides: { f2: { behaviour: ${behaviour} } }`)
  for (const runtime of ['simulated', 'process', 'docker'] as const)
    expect(refusal(text, runtime)).toBe('accepted')
})

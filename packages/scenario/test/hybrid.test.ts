import { hybridProfiles } from '@groundwork/hybrid-core'
import { capabilitiesOf } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import {
  fixedNodes,
  type LedgerName,
  ledgerOf,
  type Plan,
  parseScenario,
  planScenario,
  stakeOf,
  targetsOf,
} from '../src/index.ts'
import { planOf, refusal, regions } from './support.ts'

const both = 'network: { validators: 4, physical: { farmers: 3 } }'
const options = { runtime: 'simulated', seed: 1, capabilities: capabilitiesOf('simulated'), regions } as const
const planOn = (text: string, ledger: LedgerName): Plan =>
  planScenario(parseScenario(text, 'test.yaml'), { ...options, ledger })

describe('the ledger', () => {
  test('is the stake chain unless the scenario says otherwise', () => {
    expect(planOf(both)).not.toHaveProperty('hybrid')
    expect(ledgerOf(planOf(both))).toBe('stake')
    expect(ledgerOf(planOf(`ledger: hybrid\n${both}`))).toBe('hybrid')
  })

  test('hybrid has the profile of the physical chain, its kappa, and what differs', () => {
    expect(planOf(`ledger: hybrid\n${both}`).hybrid).toEqual({ profile: 'ci', parameters: hybridProfiles.ci })
    const plan = planOf(
      'ledger: hybrid\nnetwork: { validators: 4, physical: { farmers: 3, profile: demo, parameters: { kappa: 5 } }, hybrid: { parameters: { theta: 3/5, leak: 4/5, unbonding: 300 } } }',
    )
    expect(plan.hybrid).toEqual({
      profile: 'demo',
      parameters: {
        ...hybridProfiles.demo,
        kappa: 5,
        windowBlocks: 15,
        theta: { num: 3, den: 5 },
        leak: { num: 4, den: 5 },
        unbondingBlocks: 300,
      },
    })
  })

  test.each([
    [
      'ledger: hybrid',
      'SCENARIO_CONFLICT test.yaml:1:1: ledger: hybrid needs a physical chain; add network.physical, or ledger: stake',
    ],
    [
      'ledger: hybrid\nnetwork: { physical: {} }',
      'SCENARIO_CONFLICT test.yaml:1:1: ledger: hybrid needs validators; add network.validators, or ledger: stake',
    ],
    [
      `ledger: hybrid\nnetwork: { validators: 4, physical: {}, hybrid: { parameters: { theta: 1/2 } } }`,
      'SCENARIO_INVALID test.yaml:2:41: network.hybrid: expected 1/2 < theta <= 2/3, or 0 as an ablation, found theta is 1/2',
    ],
    [
      `ledger: hybrid\nnetwork: { validators: 4, physical: {}, hybrid: { parameters: { theta: 0.5 } } }`,
      'SCENARIO_INVALID test.yaml:2:65: network.hybrid.parameters.theta: 0.5 is not a fraction such as 1/2, or 0',
    ],
    [
      `${both}\nworkload: { streams: [{ by: physical, every: 1s, count: 2 }] }`,
      'SCENARIO_CONFLICT test.yaml:2:25: workload.streams[0].by: physical means forced transactions, which only ledger: hybrid executes',
    ],
  ])('%s is refused in one line', (text, line) => expect(refusal(text)).toBe(line))
})

describe('the stake chain alone, for comparison', () => {
  const text = `
ledger: hybrid
network: { validators: 4, physical: { farmers: 3 } }
workload: { streams: [{ by: physical, to: target, from: 5s, every: 1s, count: 4 }] }
timeline:
  - { at: 5s, fault: kill, target: [v1, f1] }
  - { at: 6s, fault: kill, target: f2 }
  - { at: 7s, fault: partition, groups: [[v2, f3], [v3]], for: 5s }
  - { at: 15s, fault: partition, groups: [[v2, v3], [role=farmer]], for: 5s }
checks: [agreement, physical-agreement]
`
  test('has no farmers, and of each fault what it does to validators', () => {
    const plan = planOn(text, 'stake')
    expect(plan.nodes.map(({ name }) => name)).toEqual(['v1', 'v2', 'v3', 'v4'])
    expect(plan).not.toHaveProperty('physical')
    expect(plan).not.toHaveProperty('hybrid')
    expect(plan.checks).toEqual([{ check: 'agreement' }])
    expect(plan.timeline.map(({ id, action }) => [id, targetsOf(action).map(fixedNodes)])).toEqual([
      ['1-kill', [['v1']]],
      ['3-partition', [['v2'], ['v3']]],
    ])
    expect(plan.workload.streams).toEqual([
      { by: 'stake', to: 'target', fromMs: 5000, everyMs: 1000, count: 4 },
    ])
  })

  test('strikes the same validators as the hybrid run', () => {
    const drawn = `ledger: hybrid\n${both}\ntimeline: [{ at: 5s, fault: kill, target: third }]`
    const [a, b] = [planOn(drawn, 'stake'), planOn(drawn, 'hybrid')]
    expect(a.timeline).toEqual(b.timeline)
  })

  test('is nothing without validators', () => {
    expect(() => planOn('network: { physical: {} }', 'stake')).toThrow(
      'test.yaml: ledger: stake leaves nothing of a network without validators',
    )
  })
})

describe('coercion', () => {
  const weighted =
    'network: { validators: [{ weight: 30 }, { weight: 20 }, { weight: 17 }, { weight: 13 }, { weight: 10 }, { weight: 6 }, { weight: 4 }], physical: { farmers: 3 } }'
  test.each(['10%', '0.3', '34/100', '0.4', '50/100', '67%', '0.8', '100%'])(
    'of exactly %s of the stake',
    (share) => {
      const plan = planOf(
        `${weighted}\ntimeline: [{ at: 5s, fault: coerce, target: stake=${share}, behaviour: [censor, stall] }]`,
      )
      const [fault] = plan.timeline
      expect(fault?.action).toMatchObject({ verb: 'coerce', behaviours: ['censor', 'stall'] })
      const names = fault === undefined ? [] : targetsOf(fault.action).flatMap(fixedNodes)
      const [a, b = '1'] = share.replace('%', '/100').split('/')
      expect(stakeOf(plan.nodes.filter(({ name }) => names.includes(name)))).toBeCloseTo(
        (100 * Number(a)) / Number(b),
      )
    },
  )

  test('that cannot be exact is refused', () => {
    expect(
      refusal(`${weighted}\ntimeline: [{ at: 5s, fault: coerce, target: stake=1/3, behaviour: censor }]`),
    ).toContain('no set of the 7 free validators has stake = 1/3 of 100')
  })

  test.each([
    [
      '{ at: 5s, fault: coerce, target: all, behaviour: [censor, censor-items] }',
      'SCENARIO_INVALID test.yaml:2:50: timeline[0].behaviour: ["censor","censor-items"] mixes what validators and what farmers do; write two faults',
    ],
    [
      '{ at: 5s, fault: coerce, target: f1, behaviour: orphan-items }',
      'SCENARIO_INVALID test.yaml:2:49: timeline[0].behaviour: orphan-items says what to do about blocks with items that are kept back; add censor-items or withhold-checkpoints',
    ],
    [
      '{ at: 5s, fault: coerce, target: v1, behaviour: double-farm }',
      'SCENARIO_TARGET test.yaml:2:37: timeline[0].target: v1: no farmer is among them',
    ],
    [
      '{ at: 5s, fault: seize-keys, target: f1 }',
      'SCENARIO_TARGET test.yaml:2:41: timeline[0].target: f1: no validator is among them',
    ],
    [
      '{ at: 5s, fault: seize-keys, target: v1, depth: 3 }',
      'SCENARIO_CONFLICT test.yaml:2:53: timeline[0].depth: it has a meaning only with use: rewrite',
    ],
  ])('%s is refused', (fault, line) => expect(refusal(`${both}\ntimeline: [${fault}]`)).toBe(line))

  test('seized keys that rewrite: depth and reach are planned; of the reach farmers fall away with their chain', () => {
    const text = `ledger: hybrid\n${both}\ntimeline: [{ at: 5s, fault: seize-keys, use: rewrite, target: v1, depth: 9, reach: [v4, role=farmer] }]`
    const actionOn = (ledger: LedgerName) => planOn(text, ledger).timeline[0]?.action
    expect(actionOn('hybrid')).toMatchObject({ use: 'rewrite', depth: 9, reach: ['v4', 'f1', 'f2', 'f3'] })
    expect(actionOn('stake')).toMatchObject({ use: 'rewrite', depth: 9, reach: ['v4'] })
  })

  test.each([
    ['coerce, target: v1, behaviour: censor', 'process', null],
    ['coerce, target: f1, behaviour: double-farm', 'process', null],
    ['coerce, target: f1, behaviour: private-fork', 'process', null],
    ['seize-keys, target: v1', 'process', null],
    ['seize-keys, target: v1, use: rewrite', 'process', null],
    ['seize-keys, target: v1, reach: v2', 'process', null],
    ['coerce, target: v1, behaviour: censor', 'docker', null],
    ['seize-keys, target: v1, reach: v2', 'docker', null],
    ['seize-keys, target: v1, use: rewrite', 'docker', 'seize-keys needs use: rewrite'],
  ] as const)('%s in runtime %s', (words, runtime, line) => {
    const told = refusal(`${both}\ntimeline: [{ at: 5s, fault: ${words} }]`, runtime)
    if (line === null) expect(told).toBe('accepted')
    else expect(told).toContain(line)
  })
})

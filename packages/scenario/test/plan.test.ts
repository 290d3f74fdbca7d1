import { capabilitiesOf } from '@groundwork/wan'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseScenario, planScenario, validatorsOf } from '../src/index.ts'
import { planOf, regions } from './support.ts'

const seven = 'network: { regions: { N_Virginia: 3, Ireland: 2, Mumbai: 2 } }\n'

describe('defaults', () => {
  test.each([
    '',
    '{}',
    '# nothing',
    'network:\nworkload:\ntimeline:\nchecks:',
    'network: {}\nworkload: {}\ntimeline: []\nchecks: []',
  ])('four empty defaults are a valid file: %j', (text) => {
    const plan = planOf(text)
    expect(
      validatorsOf(plan.nodes).map(({ name, validator, weight, twinOf }) => [
        name,
        validator,
        weight,
        twinOf,
      ]),
    ).toEqual([
      ['v1', 0, 1, null],
      ['v2', 1, 1, null],
      ['v3', 2, 1, null],
      ['v4', 3, 1, null],
    ])
    expect(plan).toMatchObject({
      scenario: 'test',
      workload: { ratePerSecond: 50 },
      timeline: [],
      checks: [{ check: 'agreement' }, { check: 'no-false-blame' }],
      durationMs: 20_000,
    })
  })

  test('the run ends some time after the last heal, or after a fault that stays', () => {
    const of = (timeline: string): number => planOf(`timeline: [${timeline}]`).durationMs
    expect(of('{ at: 30s, fault: kill, target: v1, for: 10s }')).toBe(55_000)
    expect(of('{ at: 30s, fault: kill, target: v1 }, { at: 31s, fault: kill, target: v2, for: 1s }')).toBe(
      60_000,
    )
    expect(of('{ at: 1s, fault: kill, target: v1, for: 1s }')).toBe(20_000)
  })

  test('labels follow the region, and each validator is an entity of its own', () => {
    expect(
      planOf(seven).nodes.map(({ labels }) => `${labels.region} ${labels.jurisdiction} ${labels.entity}`),
    ).toEqual([
      'N_Virginia US operator-1',
      'N_Virginia US operator-2',
      'N_Virginia US operator-3',
      'Ireland EU operator-4',
      'Ireland EU operator-5',
      'Mumbai IN operator-6',
      'Mumbai IN operator-7',
    ])
  })
})

describe('the network', () => {
  test('a list states stakes, labels and twins; a twin is a second process of the same validator', () => {
    const plan = planOf(
      'network:\n  validators:\n    - { weight: 5, entity: X, twin: true }\n    - { name: bob, region: Tokyo }',
    )
    const labels = { region: 'N_Virginia', cloud: 'A', jurisdiction: 'US', entity: 'X' }
    expect(plan.nodes).toEqual([
      { name: 'v1', role: 'validator', validator: 0, weight: 5, twinOf: null, labels },
      { name: 'v1-twin', role: 'validator', validator: 0, weight: 5, twinOf: 'v1', labels },
      {
        name: 'bob',
        role: 'validator',
        validator: 1,
        weight: 1,
        twinOf: null,
        labels: { region: 'Tokyo', cloud: 'A', jurisdiction: 'JP', entity: 'operator-2' },
      },
    ])
  })

  test('the plan carries the delays of its own regions only', () => {
    const { delays } = planOf('network: { regions: { Ireland: 1, Mumbai: 1 } }')
    expect(delays).toEqual({ Ireland: { Ireland: 0, Mumbai: 61 }, Mumbai: { Ireland: 61, Mumbai: 0 } })
  })

  test('parameters are read, a timeout above the default limit lifts it', () => {
    const text = 'network: { parameters: { minViewTime: 1s, timeoutBase: 0.5m, standstill: 250ms } }'
    expect(planOf(text).parameters).toEqual({
      minViewTimeMs: 1000,
      timeoutBaseMs: 30_000,
      timeoutMaxMs: 30_000,
      standstillMs: 250,
    })
  })
})

describe('the timeline', () => {
  test('repeats are expanded, sorted and numbered over all entries', () => {
    const plan = planOf(
      'timeline:\n  - { at: 4s, fault: kill, target: v1, for: 1s, every: 4s, times: 3 }\n  - { at: 6s, fault: pause, target: v2, for: 100ms }',
    )
    expect(plan.timeline.map(({ id, atMs, forMs }) => [id, atMs, forMs])).toEqual([
      ['1-kill', 4000, 1000],
      ['2-pause', 6000, 100],
      ['3-kill', 8000, 1000],
      ['4-kill', 12_000, 1000],
    ])
  })

  test('without times a fault repeats as long as it is healed before the end', () => {
    const text = 'duration: 20s\ntimeline: [{ at: 4s, fault: kill, target: one, for: 2s, every: 5s }]'
    expect(planOf(text).timeline.map(({ atMs }) => atMs)).toEqual([4000, 9000, 14_000])
  })

  test('the region with three of seven against the rest', () => {
    const plan = planOf(
      `${seven}timeline: [{ at: 4s, fault: partition, groups: [[region=N_Virginia], [rest]], for: 1s }]`,
    )
    expect(plan.timeline[0]?.action).toEqual({
      verb: 'partition',
      groups: [
        { kind: 'nodes', nodes: ['v1', 'v2', 'v3'] },
        { kind: 'nodes', nodes: ['v4', 'v5', 'v6', 'v7'] },
      ],
      cut: 'blackhole',
    })
  })

  test('every verb becomes the action that it says', () => {
    const { timeline } = planOf(
      [
        `${seven}timeline:`,
        '  - { at: 1s, fault: one-way, from: v1, to: rest, cut: reset, for: 1s }',
        '  - { at: 3s, fault: shape, from: [v1, v2], to: all, delay: 200ms, jitter: 20ms, loss: 2.5%, rate: 500kbit, reorder: 0.1, for: 1s }',
        '  - { at: 5s, fault: flap, groups: [[region=Ireland], [region=Mumbai]], period: 400ms, for: 1s }',
        '  - { at: 7s, fault: stop, target: [v3, v4], for: 1s }',
        '  - { at: 9s, fault: wipe, target: v3, for: 1s }',
        '  - { at: 11s, fault: partition, groups: [[leader], [rest]], for: 1s }',
        '  - { at: 13s, fault: partition, split: regions, for: 1s }',
      ].join('\n'),
    )
    const nodes = (...names: number[]) => ({ kind: 'nodes', nodes: names.map((n) => `v${n}`) })
    expect(timeline.map(({ action }) => action)).toEqual([
      { verb: 'one-way', from: nodes(1), to: nodes(2, 3, 4, 5, 6, 7), cut: 'reset' },
      {
        verb: 'shape',
        from: nodes(1, 2),
        to: nodes(1, 2, 3, 4, 5, 6, 7),
        set: { delayMs: 200, jitterMs: 20, lossRatio: 0.025, rateMbit: 0.5, reorderRatio: 0.1 },
      },
      { verb: 'flap', groups: [nodes(4, 5), nodes(6, 7)], periodMs: 400, cut: 'blackhole' },
      { verb: 'stop', target: nodes(3, 4) },
      { verb: 'wipe', target: nodes(3) },
      { verb: 'partition', groups: [{ kind: 'leader' }, nodes(1, 2, 3, 4, 5, 6, 7)], cut: 'blackhole' },
      { verb: 'partition', groups: [nodes(1, 2, 3), nodes(4, 5), nodes(6, 7)], cut: 'blackhole' },
    ])
  })

  test('faults that share no link may overlap, and so may one that begins when another is healed', () => {
    const plan = planOf(
      `${seven}timeline:
  - { at: 2s, fault: partition, groups: [[v1], [v2]], for: 5s }
  - { at: 3s, fault: partition, groups: [[v3], [v4]], for: 5s }
  - { at: 3s, fault: shape, from: all, to: all, delay: 300ms, for: 2s }
  - { at: 7s, fault: partition, groups: [[v1], [v2]], for: 1s }`,
    )
    expect(plan.timeline).toHaveLength(4)
  })
})

test('a plan is plain JSON, the same for the same seed', () => {
  const verbs = [
    '{ at: 2s, fault: kill, target: minority, for: 1s, every: 3s, times: 3 }',
    '{ at: 2s, fault: partition, split: halves, for: 5s }',
    '{ at: 2s, fault: partition, split: bridge, for: 5s }',
    '{ at: 2s, fault: partition, split: ring, for: 5s }',
    '{ at: 2s, fault: shape, from: third, to: stake>=60%, delay: 10ms }',
    '{ at: 2s, fault: flap, groups: [[one], [majority]], period: 1s }',
    '{ at: 2s, fault: pause, target: leader, for: 1s }',
  ]
  const scenario = fc.record({
    seed: fc.nat(),
    verb: fc.constantFrom(...verbs),
    weights: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 7, maxLength: 10 }),
  })
  fc.assert(
    fc.property(scenario, ({ seed, verb, weights }) => {
      const validators = weights.map((weight) => `{ weight: ${Math.max(weight, 25)} }`).join(', ')
      const text = `network: { validators: [${validators}] }\ntimeline: [${verb}]`
      const plan = planOf(text, 'simulated', seed)
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      expect(planOf(text, 'simulated', seed)).toEqual(plan)
    }),
  )
})

test('another seed draws another node', () => {
  const text = `${seven}timeline: [{ at: 2s, fault: kill, target: one }]`
  const drawn = new Set(
    Array.from({ length: 60 }, (_, seed) => JSON.stringify(planOf(text, 'simulated', seed).timeline)),
  )
  expect(drawn.size).toBe(7)
})

test('an entry draws the same whatever the entries beside it', () => {
  const kill = '{ at: 2s, fault: kill, target: one }'
  const alone = planOf(`${seven}timeline: [${kill}]`)
  const beside = planOf(`${seven}timeline: [${kill}, { at: 3s, fault: partition, split: halves }]`)
  expect(beside.timeline[0]).toEqual(alone.timeline[0])
})

test('the runtime changes nothing but its name', () => {
  const scenario = parseScenario(`${seven}timeline: [{ at: 2s, fault: kill, target: minority }]`, 'x.yaml')
  const [simulated, process] = (['simulated', 'process'] as const).map((runtime) => {
    const capabilities = capabilitiesOf(runtime === 'process' ? 'relay' : 'simulated')
    return planScenario(scenario, { runtime, seed: 9, capabilities, regions })
  })
  expect(process).toEqual({ ...simulated, runtime: 'process' })
})

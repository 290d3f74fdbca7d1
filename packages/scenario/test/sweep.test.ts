import { capabilitiesOf } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import {
  fixedNodes,
  type LedgerName,
  type Plan,
  parseScenario,
  planScenario,
  targetsOf,
} from '../src/index.ts'
import { refusal, regions } from './support.ts'

const text = `
ledger: hybrid
sweep:
  variable: coerced stake
  seeds: 3
  points:
    - { value: 0.25, set: { who: v1, rate: 5 } }
    - value: 0.5
      label: half
      set: { who: stake=1/2, rate: 6 }
      expect:
        stake: [{ metric: { name: slashedStake, max: 0 } }]
network: { validators: 4, physical: { farmers: 3 } }
workload: { rate: "\${rate}/s", accounts: "\${rate}" }
timeline: [{ at: 5s, fault: coerce, target: "\${who}", behaviour: censor }]
checks: [agreement]
expect:
  stake: [min-height: { height: 5 }]
  hybrid: [expect-broken: { invariant: I9 }]
`
const planAt = (point: number, ledger: LedgerName): Plan =>
  planScenario(parseScenario(text, 'test.yaml', point), {
    runtime: 'simulated',
    seed: 1,
    capabilities: capabilitiesOf('simulated'),
    regions,
    ledger,
  })

describe('a sweep', () => {
  test('says what is varied, how often and on which ledgers', () => {
    const { sweep } = parseScenario(text, 'test.yaml')
    expect(sweep).toMatchObject({ variable: 'coerced stake', ledgers: ['stake', 'hybrid'] })
    expect(sweep?.seeds).toEqual({ simulated: 3, process: 3, docker: 3 })
    const each = text.replace('seeds: 3', 'seeds: { simulated: 9, process: 2 }')
    expect(parseScenario(each, 'test.yaml').sweep?.seeds).toEqual({ simulated: 9, process: 2, docker: 1 })
    const wrong = text.replace('seeds: 3', 'seeds: many')
    expect(refusal(wrong)).toContain(
      'sweep.seeds: "many" is not a whole number from 1 to 1000, or one for each of',
    )
    expect(sweep?.points.map(({ value, label }) => [value, label])).toEqual([
      [0.25, '0.25'],
      [0.5, 'half'],
    ])
  })

  test('puts the values of a point where their names stand, with their types', () => {
    const [first, second] = [planAt(0, 'hybrid'), planAt(1, 'hybrid')]
    expect(first.workload).toEqual({ ratePerSecond: 5, accounts: 5 })
    expect(second.workload).toEqual({ ratePerSecond: 6, accounts: 6 })
    const coerced = (plan: Plan) =>
      plan.timeline.flatMap(({ action }) => targetsOf(action).flatMap(fixedNodes))
    expect(coerced(first)).toEqual(['v1'])
    expect(coerced(second)).toHaveLength(2)
    expect(second.point).toEqual({ variable: 'coerced stake', value: 0.5, label: 'half' })
  })

  test('has checks of the scenario, of the ledger and of the point', () => {
    const names = (plan: Plan) => plan.checks.map(({ check }) => check)
    expect(names(planAt(0, 'stake'))).toEqual(['agreement', 'min-height'])
    expect(names(planAt(1, 'stake'))).toEqual(['agreement', 'min-height', 'metric'])
    expect(names(planAt(1, 'hybrid'))).toEqual(['agreement', 'expect-broken'])
  })

  test.each([
    [
      'sweep: { variable: x }',
      'SCENARIO_INVALID test.yaml:1:1: sweep.points: missing; it must be a list of points',
    ],
    [
      'sweep: { variable: x, points: [{ value: many }] }',
      'SCENARIO_INVALID test.yaml:1:34: sweep.points[0].value: "many" is not a number',
    ],
    [
      `sweep: { variable: x, points: [{ value: 1, set: { r: ten } }] }\nworkload: { rate: "\${r}/s" }`,
      'SCENARIO_INVALID test.yaml:2:13: workload.rate: "ten/s" is not a rate per second between 0/s and 10000/s, such as 50/s',
    ],
    [
      'expect: { stake: [agreemnt] }',
      'SCENARIO_INVALID test.yaml:1:19: expect.stake[0]: "agreemnt" is not a check, did you mean "agreement"',
    ],
    [
      'checks: [metric: { name: slashedStake }]',
      'SCENARIO_INVALID test.yaml:1:10: checks[0].metric: needs min, max or both',
    ],
    [
      'checks: [expect-broken: { invariant: I14 }]',
      'SCENARIO_INVALID test.yaml:1:27: checks[0].expect-broken.invariant: "I14" is not one of I1, I2',
    ],
  ])('%s is refused in one line', (bad, line) => expect(refusal(bad)).toContain(line))
})

import { capabilitiesOf } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import { parseScenario, planScenario } from '../src/index.ts'
import { planOf, refusal, regions } from './support.ts'

const network =
  'network: { validators: [{ weight: 40 }, { weight: 30 }, { weight: 30 }], physical: { farmers: 2 } }'
const withStake = (requests: string, ledger = 'hybrid'): string =>
  `ledger: ${ledger}\n${network}\nworkload: { stake: [${requests}] }`

describe('what validators do with their stake', () => {
  test('is planned with amounts, and nonces in the order of time', () => {
    const requests = `{ at: 9s, do: unbond, validator: v1, amount: all }, { at: 3s, do: bond, validator: v1, amount: 5, by: stake },
      { at: 9s, do: unbond, validator: v3, amount: 7 }`
    expect(planOf(withStake(requests)).workload.stake).toEqual([
      { kind: 'unbond', validator: 0, amount: 40, by: 'physical', atMs: 9000, nonce: 1 },
      { kind: 'bond', validator: 0, amount: 5, by: 'stake', atMs: 3000, nonce: 0 },
      { kind: 'unbond', validator: 2, amount: 7, by: 'physical', atMs: 9000, nonce: 0 },
    ])
  })

  test('is left out where the stake chain alone is asked for', () => {
    const scenario = parseScenario(
      withStake('{ at: 9s, do: unbond, validator: v1, amount: all }'),
      'test.yaml',
    )
    const capabilities = capabilitiesOf('simulated')
    const plan = planScenario(scenario, {
      runtime: 'simulated',
      seed: 1,
      capabilities,
      regions,
      ledger: 'stake',
    })
    expect(plan.workload).not.toHaveProperty('stake')
  })

  const unbond = '{ at: 9s, do: unbond, validator: v1, amount: all }'
  test.each([
    [
      withStake(unbond, 'stake'),
      'simulated',
      'SCENARIO_CONFLICT test.yaml:3:13: workload.stake: the stake chain alone has one set for ever; add ledger: hybrid',
    ],
    [
      withStake(unbond),
      'process',
      'SCENARIO_UNSUPPORTED test.yaml:3:13: workload.stake: runtime process cannot do it; runtime simulated can',
    ],
    [
      withStake('{ at: 9s, do: unbond, validator: v9, amount: all }'),
      'simulated',
      'SCENARIO_TARGET test.yaml:3:43: workload.stake[0].validator: "v9" is not a validator; valid: v1, v2, v3',
    ],
    [
      withStake('{ at: 9s, do: bond, validator: v1, amount: all }'),
      'simulated',
      'SCENARIO_INVALID test.yaml:3:56: workload.stake[0].amount: all goes with unbond; a bond says how much',
    ],
  ] as const)('%# is refused', (text, runtime, line) => expect(refusal(text, runtime)).toBe(line))
})

test('unbonding is longer than evidence may be old, or there is none, as an ablation', () => {
  const lengths = (unbonding: number) =>
    refusal(
      `ledger: hybrid\nnetwork: { validators: 4, physical: {}, hybrid: { parameters: { unbonding: ${unbonding} } } }`,
    )
  expect([0, 49].map(lengths)).toEqual(['accepted', 'accepted'])
  expect(lengths(48)).toBe(
    'SCENARIO_INVALID test.yaml:2:41: network.hybrid: expected evidenceMaxAgeBlocks < unbondingBlocks, or no unbonding as an ablation, found 48 >= 48',
  )
})

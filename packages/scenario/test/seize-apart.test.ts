import { capabilitiesOf } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import { type LedgerName, type Plan, parseScenario, planScenario, seizedNodes } from '../src/index.ts'
import { refusal, regions } from './support.ts'

const network = `ledger: hybrid
network: { validators: [{ weight: 40 }, { weight: 20 }, { weight: 20 }, { weight: 10 }, { weight: 10 }], physical: { farmers: 2 } }`
const seizure = (more: string): string => `${network}\ntimeline: [{ at: 5s, fault: seize-keys, ${more} }]`

function planOn(text: string, ledger: LedgerName): Plan {
  const capabilities = capabilitiesOf('simulated')
  return planScenario(parseScenario(text, 'test.yaml'), {
    runtime: 'simulated',
    seed: 1,
    capabilities,
    regions,
    ledger,
  })
}

const groupsOf = ({ timeline }: Plan): readonly (readonly string[])[] =>
  timeline.flatMap(({ action }) =>
    action.verb === 'partition'
      ? action.groups.map((group) => (group.kind === 'nodes' ? group.nodes.toSorted() : []))
      : [],
  )

describe('seized keys that are kept apart', () => {
  test('the cut comes first: owners and farmers here, copies there, a quorum on either side', () => {
    const plan = planOn(seizure('target: v1, apart: true, for: 5s'), 'hybrid')
    expect(plan.timeline.map(({ id, atMs, forMs }) => [id, atMs, forMs])).toEqual([
      ['1-partition', 5000, 5000],
      ['2-seize-keys', 5000, 5000],
    ])
    const [owners, copies] = groupsOf(plan) as [string[], string[]]
    expect(owners).toEqual(expect.arrayContaining(['v1', 'f1', 'f2']))
    expect(copies).toContain('v1-seized')
    // 60 are left, 33 may be missing from either quorum of 67: only halves of 30 will do.
    const weights: Readonly<Record<string, number>> = { v2: 20, v3: 20, v4: 10, v5: 10 }
    for (const side of [owners, copies])
      expect(side.reduce((sum, name) => sum + (weights[name] ?? 0), 0)).toBe(30)
    expect(seizedNodes(plan).map(({ name, twinOf }) => [name, twinOf])).toEqual([['v1-seized', 'v1']])
  })

  test('the stake chain alone is cut in the same way, without farmers', () => {
    const text = seizure('target: cheapest, apart: true')
    const groups = groupsOf(planOn(text, 'hybrid')).map((group) => group.filter((name) => name[0] === 'v'))
    expect(groupsOf(planOn(text, 'stake'))).toEqual(groups)
    expect(groups.flat().some((name) => name.endsWith('-seized'))).toBe(true)
  })

  test.each([
    [
      'target: v2, apart: true',
      'SCENARIO_TARGET test.yaml:3:41: timeline[0].target: v2: the others cannot be split so that both sides have the quorum of 67 of 100 with them',
    ],
    [
      'target: v1, use: rewrite, apart: true',
      'SCENARIO_CONFLICT test.yaml:3:67: timeline[0].apart: goes with use: twins, which signs twice',
    ],
    [
      'target: [v1, cheapest]',
      'SCENARIO_TARGET test.yaml:3:41: timeline[0].target: cheapest: all validators must be free',
    ],
  ])('%s is refused', (more, line) => expect(refusal(seizure(more))).toBe(line))

  test('cheapest needs two sides', () => {
    const text = 'network: { validators: 2 }\ntimeline: [{ at: 5s, fault: kill, target: cheapest }]'
    expect(refusal(text)).toBe(
      'SCENARIO_TARGET test.yaml:2:35: timeline[0].target: cheapest: no two sides can be made of these weights',
    )
  })

  test('satisfies those who expect a conflict', () => {
    const check = '\nchecks: [accountability: { expect: conflict }]'
    expect(refusal(seizure('target: v1, apart: true') + check)).toBe('accepted')
    expect(refusal(seizure('target: v2') + check)).toContain(
      'a conflict needs twins (or seized keys, or wiped',
    )
  })
})

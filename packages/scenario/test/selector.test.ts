import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Plan } from '../src/index.ts'
import { planOf } from './support.ts'

const weighted = (weights: readonly number[]): string =>
  `network: { validators: [${weights.map((weight) => `{ weight: ${weight} }`).join(', ')}] }\n`

function targetOf(text: string, seed = 1): readonly string[] {
  return groupsOf(planOf(text, 'simulated', seed))[0] ?? []
}

function groupsOf(plan: Plan): readonly (readonly string[])[] {
  const action = plan.timeline[0]?.action
  if (action === undefined) return []
  const targets =
    'groups' in action ? action.groups : 'target' in action ? [action.target] : [action.from, action.to]
  return targets.map((target) => (target.kind === 'nodes' ? target.nodes : ['the leader']))
}

const kill = (target: string): string => `timeline: [{ at: 2s, fault: kill, target: ${target} }]`
const weightsArb = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 4, maxLength: 12 })

/** For each word: whether a stake s of a whole w is what it says, and whether the bound is a lower one. */
const bounds = {
  minority: { holds: (s: number, w: number) => 3 * s < w, lower: false },
  third: { holds: (s: number, w: number) => 3 * s >= w, lower: true },
  majority: { holds: (s: number, w: number) => 2 * s > w, lower: true },
  'stake>=0.34': { holds: (s: number, w: number) => 100 * s >= 34 * w, lower: true },
  'stake<=1/2': { holds: (s: number, w: number) => 2 * s <= w, lower: false },
  'stake>66.7%': { holds: (s: number, w: number) => 1000 * s > 667 * w, lower: true },
} as const

describe.each(Object.entries(bounds))('%s', (word, { holds, lower }) => {
  test('satisfies its inequality, with nobody to spare', () => {
    fc.assert(
      fc.property(weightsArb, fc.nat(), (weights, seed) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        // A set below the bound must exist at all.
        fc.pre(lower || weights.some((weight) => holds(weight, total)))
        const chosen = targetOf(weighted(weights) + kill(`"${word}"`), seed).map(
          (name) => Number(name.slice(1)) - 1,
        )
        const stake = chosen.reduce((sum, i) => sum + (weights[i] as number), 0)
        expect(holds(stake, total)).toBe(true)
        weights.forEach((weight, i) => {
          const spare = lower
            ? chosen.includes(i) && holds(stake - weight, total)
            : !chosen.includes(i) && holds(stake + weight, total)
          expect(spare).toBe(false)
        })
      }),
    )
  })
})

test('words among seven equal validators', () => {
  const equal = weighted([1, 1, 1, 1, 1, 1, 1])
  const count = (target: string): number => targetOf(equal + kill(target)).length
  expect(['one', 'minority', 'third', 'majority', 'all'].map(count)).toEqual([1, 2, 3, 4, 7])
  expect(targetOf(equal + kill('leader'))).toEqual(['the leader'])
})

test('a list is a union, in the order of the nodes', () => {
  const text = `network: { regions: { N_Virginia: 3, Ireland: 2, Mumbai: 2 } }\n${kill('[region=Mumbai, v2, v6]')}`
  expect(targetOf(text)).toEqual(['v2', 'v6', 'v7'])
})

test('with a validator that is drawn comes its twin; a name means one process', () => {
  const twins = `network: { validators: [${Array(4).fill('{ twin: true }').join(', ')}] }\n`
  const [first, second] = targetOf(twins + kill('one'))
  expect(second).toBe(`${first}-twin`)
  expect(targetOf(twins + kill('v1-twin'))).toEqual(['v1-twin'])
  expect(
    targetOf(`network: { validators: [{ twin: true, entity: X }, {}, {}] }\n${kill('entity=X')}`),
  ).toEqual(['v1', 'v1-twin'])
})

test('groups are disjoint, whatever is drawn; the rest is what is left', () => {
  fc.assert(
    fc.property(weightsArb, fc.nat(), (weights, seed) => {
      const plan = planOf(
        `${weighted([...weights, 30, 30, 30])}timeline: [{ at: 2s, fault: partition, groups: [[rest], [one], [v2, one]] }]`,
        'simulated',
        seed,
      )
      const groups = groupsOf(plan)
      expect(groups.map((group) => group.length)).toEqual([weights.length, 1, 2])
      expect(groups[2]).toContain('v2')
      expect(groups.flat().toSorted()).toEqual(plan.nodes.map(({ name }) => name).toSorted())
    }),
  )
})

test('the rest of one end of a link is all that is not at the other', () => {
  const text = `${weighted([1, 1, 1, 1])}timeline: [{ at: 2s, fault: one-way, from: rest, to: [v1, v3] }]`
  expect(groupsOf(planOf(text))).toEqual([
    ['v2', 'v4'],
    ['v1', 'v3'],
  ])
})

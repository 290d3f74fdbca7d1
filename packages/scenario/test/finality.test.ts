import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Plan, type PlannedFault, stopsFinality, touchedBy } from '../src/index.ts'
import { planOf } from './support.ts'

const seven = 'network: { regions: { N_Virginia: 3, Ireland: 2, Mumbai: 2 } }\n'
const twins = 'network: { validators: [{ twin: true }, { twin: true }, { twin: true }, {}, {}, {}, {}] }\n'

function stops(timeline: string, network = seven): boolean[] {
  const plan = planOf(`${network}timeline: [${timeline}]`)
  return plan.timeline.map((fault) => stopsFinality(plan, fault))
}

describe('what stops finality among seven equal validators', () => {
  test.each([
    ['a cut of three from four', '{ at: 1s, fault: partition, groups: [[region=N_Virginia], [rest]] }', true],
    ['a cut of two from five', '{ at: 1s, fault: partition, groups: [[region=Mumbai], [rest]] }', false],
    ['every region alone', '{ at: 1s, fault: partition, split: regions }', true],
    ['a bridge: one node hears everybody and is heard', '{ at: 1s, fault: partition, split: bridge }', false],
    ['a ring in which each reaches five', '{ at: 1s, fault: partition, split: ring }', false],
    ['halves without a bridge', '{ at: 1s, fault: partition, split: halves }', true],
    ['a crash of two', '{ at: 1s, fault: kill, target: minority }', false],
    ['a crash of three', '{ at: 1s, fault: kill, target: third }', true],
    ['a freeze of three', '{ at: 1s, fault: pause, target: third }', true],
    ['three who cannot speak', '{ at: 1s, fault: one-way, from: third, to: rest }', true],
    [
      'three who cannot hear: their votes count, but for blocks that they never see',
      '{ at: 1s, fault: one-way, from: rest, to: third }',
      true,
    ],
    ['two who cannot hear', '{ at: 1s, fault: one-way, from: rest, to: minority }', false],
    ['slow links', '{ at: 1s, fault: shape, from: all, to: all, delay: 5s }', false],
    ['links that lose everything', '{ at: 1s, fault: shape, from: all, to: all, loss: 100% }', true],
    [
      'a flap: it opens again by itself',
      '{ at: 1s, fault: flap, groups: [[third], [rest]], period: 1s }',
      false,
    ],
    ['the leader, whoever it is', '{ at: 1s, fault: kill, target: leader }', false],
  ])('%s', (_, fault, expected) => {
    expect([...new Set(stops(fault))]).toEqual([expected])
  })

  test('faults add up while they overlap', () => {
    const faults = [
      '{ at: 1s, fault: kill, target: [v1, v2], for: 5s }',
      '{ at: 2s, fault: partition, groups: [[v3], [rest]], for: 1s }',
      '{ at: 7s, fault: partition, groups: [[v3], [rest]], for: 1s }',
    ]
    expect(stops(faults.join(', '))).toEqual([false, true, false])
  })

  test('a twin gives its validator a voice on either side', () => {
    const groups = '[[v1, v2, v3, v4, v5], [rest]]'
    expect(stops(`{ at: 1s, fault: partition, groups: ${groups} }`, twins)).toEqual([false])
    expect(stops('{ at: 1s, fault: partition, groups: [[v1, v1-twin, v2, v3], [rest]] }', twins)).toEqual([
      false,
    ])
    expect(stops('{ at: 1s, fault: partition, groups: [[v4, v5, v6, v7], [rest]] }', twins)).toEqual([true])
  })
})

test('a partition stops finality exactly when no side has a quorum', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 9 })
  fc.assert(
    fc.property(weights, fc.infiniteStream(fc.nat(2)), (list, sides) => {
      const plan = planOf(
        `network: { validators: [${list.map((weight) => `{ weight: ${weight} }`).join(', ')}] }`,
      )
      const side = list.map(() => sides.next().value as number)
      const groups = [0, 1, 2].map((group) =>
        plan.nodes.filter((_, i) => side[i] === group).map(({ name }) => name),
      )
      const fault: PlannedFault = {
        id: '1-partition',
        atMs: 0,
        forMs: null,
        action: {
          verb: 'partition',
          groups: groups.map((nodes) => ({ kind: 'nodes', nodes })),
          cut: 'blackhole',
        },
      }
      const total = list.reduce((sum, weight) => sum + weight, 0)
      const stakes = [0, 1, 2].map((group) =>
        list.reduce((sum, weight, i) => sum + (side[i] === group ? weight : 0), 0),
      )
      const quorum = Math.floor((2 * total) / 3) + 1
      const withFault: Plan = { ...plan, timeline: [fault] }
      expect(stopsFinality(withFault, fault)).toBe(stakes.every((stake) => stake < quorum))
    }),
  )
})

test('a partition cuts every link between its sides, both ways, and no other', () => {
  const plan = planOf(`${seven}timeline: [{ at: 1s, fault: partition, groups: [[v1, v2], [v3], [v4]] }]`)
  const { links, down } = touchedBy(plan.timeline[0]!.action, (target) =>
    target.kind === 'nodes' ? target.nodes : [],
  )
  expect(down).toEqual([])
  expect(links.map(({ from, to }) => `${from}${to}`).toSorted()).toEqual(
    ['v1v3', 'v1v4', 'v2v3', 'v2v4', 'v3v1', 'v3v2', 'v3v4', 'v4v1', 'v4v2', 'v4v3'].toSorted(),
  )
  expect(links.every(({ set }) => set.cut === 'blackhole')).toBe(true)
})

test('the leader against the rest cuts the links of the leader only', () => {
  const plan = planOf('timeline: [{ at: 1s, fault: partition, groups: [[leader], [rest]], cut: reset }]')
  const { links } = touchedBy(plan.timeline[0]!.action, (target) =>
    target.kind === 'nodes' ? target.nodes : ['v2'],
  )
  expect(links).toHaveLength(6)
  expect(links.every(({ from, to, set }) => (from === 'v2') !== (to === 'v2') && set.cut === 'reset')).toBe(
    true,
  )
})

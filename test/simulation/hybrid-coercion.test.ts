import { expect, test } from 'vitest'
import { hybridProfiles, inclusionBoundBlocks } from '../../packages/hybrid-core/src/index.ts'
import { bestChain, eventsOf, hybridRun, inclusions, recordsOf, type Shape } from './hybrid-runs.ts'

/** What coerced nodes do to a hybrid network, and what they cannot. */

const ten: Shape = {
  validators: { N_Virginia: 4, Ireland: 3, Mumbai: 3 },
  farmers: { N_Virginia: 2, Ireland: 2, Mumbai: 2 },
}
const bound = inclusionBoundBlocks(hybridProfiles.ci)

function coerced(targets: readonly string[], behaviour: string, durationS = 60) {
  const run = hybridRun(
    ten,
    `workload: { rate: 1/s, accounts: 4, streams: [{ by: physical, to: target, from: 8s, every: 4s, count: 6 }] }
timeline: [{ at: 5s, fault: coerce, target: [${targets}], behaviour: ${behaviour} }]
duration: ${durationS}s`,
  )
  expect(run.problems).toEqual([])
  return { run, waited: [...inclusions(run, 'f3').values()] }
}
const named = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${letter}${i + 1}`)
const late = (waited: readonly (number | null)[]) =>
  waited.filter((blocks) => blocks === null || blocks > bound)

test.each(['omit-forced', 'bad-state'])(
  '%s by seven tenths: no checkpoint of theirs counts, nobody waits longer than D',
  (behaviour) => {
    const { run, waited } = coerced(named('v', 7), behaviour)
    expect(waited.length).toBe(6)
    expect(late(waited)).toEqual([])
    // Their certificates are recorded for what they are.
    const invalid = recordsOf(run, 'hazard').filter(({ hazard }) => hazard === 'final-invalid')
    expect(invalid.length).toBeGreaterThan(0)
    expect(new Set(invalid.map(({ reason }) => reason))).toEqual(new Set(['state-root']))
    expect(eventsOf(run, 'f3', 'recorded-began').length).toBeGreaterThan(0)
  },
)

test('stale anchors of all stake make RECORDED, and forced transactions are executed in it', () => {
  const { run, waited } = coerced(named('v', 10), 'stale-anchor')
  expect(waited.length).toBe(6)
  expect(late(waited)).toEqual([])
  expect(eventsOf(run, 'f3', 'forced-executed').some(({ event }) => event.by === 'recorded')).toBe(true)
})

test('some farmers that keep items back delay little; all of them keep everything out', () => {
  expect(late(coerced(named('f', 2), 'censor-items', 45).waited)).toEqual([])
  const all = coerced(named('f', 6), 'censor-items', 45)
  expect(all.waited).toEqual([])
  // The stake chain itself is none of their business.
  expect(eventsOf(all.run, 'f3', 'recorded-began')).toEqual([])
})

test('without a farmer that carries checkpoints there is no FAST', () => {
  const few = coerced(named('f', 2), 'withhold-checkpoints', 45)
  expect(eventsOf(few.run, 'f3', 'recorded-began')).toEqual([])
  const all = coerced(named('f', 6), 'withhold-checkpoints', 45)
  expect(eventsOf(all.run, 'f3', 'recorded-began').length).toBeGreaterThan(0)
  expect(late(all.waited)).toEqual([])
})

test('whoever orphans what it keeps back decides with most of the space what is recorded, and with little nothing', () => {
  const capture = '[censor-items, withhold-checkpoints, orphan-items]'
  const few = coerced(named('f', 2), capture, 45)
  expect(few.waited.length).toBe(6)
  expect(late(few.waited)).toEqual([])
  expect(eventsOf(few.run, 'f3', 'recorded-began')).toEqual([])

  const most = coerced(named('f', 5), capture, 45)
  const best = bestChain(most.run, 'f6')
  // They begin at about height 12.
  const carried = eventsOf(most.run, 'f6', 'checkpoint-accepted').filter(
    ({ block, height }) => best.has(block) && height > 30,
  )
  expect(carried).toEqual([])
  expect(eventsOf(most.run, 'f6', 'recorded-began').length).toBeGreaterThan(0)
})

test('votes of accomplices are let through: everybody else leaks', () => {
  const run = hybridRun(
    ten,
    `workload: { rate: 1/s, accounts: 4 }
timeline:
  - { at: 5s, fault: coerce, target: [f1, f2, f3, f4, f5], behaviour: [censor-items, withhold-checkpoints, orphan-items] }
  - { at: 5s, fault: coerce, target: v10, behaviour: censor }
duration: 45s`,
  )
  const best = bestChain(run, 'f6')
  const closed = eventsOf(run, 'f6', 'window-closed').filter(({ block }) => best.has(block))
  expect(closed.length).toBeGreaterThan(1)
  expect(closed[0]!.event).toMatchObject({ present: 1024, justified: false })
  expect(closed[0]!.event.leaked.length).toBe(9)
})

test('nodes that die, lose their disks or freeze come back, whatever the epoch is by then', () => {
  const run = hybridRun(
    { ...ten, hybrid: '{ parameters: { epochHeights: 24 } }' },
    `workload: { rate: 2/s, accounts: 4 }
timeline:
  - { at: 8s, fault: kill, target: [v1, v2], for: 20s }
  - { at: 30s, fault: wipe, target: v3, for: 10s }
  - { at: 20s, fault: wipe, target: f3, for: 10s }
  - { at: 42s, fault: pause, target: [v4, f2], for: 8s }
duration: 65s`,
  )
  expect(run.problems).toEqual([])
  const heights = named('v', 10).map(
    (node) =>
      recordsOf(run, 'finalized')
        .filter((record) => record.node === node)
        .at(-1)?.height ?? 0,
  )
  expect(Math.min(...heights)).toBeGreaterThan(24 * 3)
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThanOrEqual(2)
  expect(recordsOf(run, 'hazard')).toEqual([])
  expect(eventsOf(run, 'f1', 'slashed')).toEqual([])
})

test('seized keys: a second process signs with them, and only their owners are shown up', () => {
  const run = hybridRun(
    { validators: { N_Virginia: 2, Ireland: 1, Mumbai: 1 }, farmers: { N_Virginia: 2, Ireland: 1 } },
    'workload: { rate: 5/s, accounts: 4 }\ntimeline: [{ at: 5s, fault: seize-keys, target: v1 }]\nduration: 30s',
    // With most seeds both processes see, and so say, the same.
    4,
  )
  expect(run.problems).toEqual([])
  expect(recordsOf(run, 'voted').some(({ node }) => node === 'v1-seized')).toBe(true)
  const accused = recordsOf(run, 'evidence').map(({ offender }) => offender)
  expect(new Set(accused)).toEqual(new Set([0]))
  expect(recordsOf(run, 'hazard')).toEqual([])
})

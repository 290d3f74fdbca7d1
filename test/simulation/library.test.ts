import { expect, test } from 'vitest'
import { validatorsOf } from '../../packages/scenario/src/index.ts'
import { judged, libraryPlan } from './plans.ts'

/** The library in virtual time: each scenario is green, and shows what it is there to show. */

const names = [
  'baseline',
  'region-partition',
  'minority-cut',
  'crash-third',
  'leader-kill',
  'skip-storm',
  'equivocating-third',
]

test.each(names)('%s passes', (name) => {
  for (const seed of [1, 2]) {
    const run = judged(libraryPlan(name, seed))
    expect(run.problems).toEqual([])
    expect({ seed, verdict: run.verdict, reasons: run.reasons }).toEqual({
      seed,
      verdict: 'pass',
      reasons: [],
    })
    expect(run.signatures).toBe('stand-in')
  }
})

test('the same plan gives the same records, another seed gives others', () => {
  const plan = libraryPlan('region-partition', 1)
  const hashes = [plan, plan, { ...plan, seed: 2 }].map((each) => judged(each).auditHash)
  expect(hashes[1]).toBe(hashes[0])
  expect(hashes[2]).not.toBe(hashes[0])
})

test('skip-storm mixes certificates with every seed', () => {
  for (const seed of [3, 4, 5, 6]) {
    expect(judged(libraryPlan('skip-storm', seed)).metrics.mixedViews).toBeGreaterThanOrEqual(2)
  }
})

test('equivocating-third: without the twins the same partition forks nothing, and the verdict is a failure', () => {
  const plan = libraryPlan('equivocating-third', 1)
  const nodes = validatorsOf(plan.nodes).filter(({ twinOf }) => twinOf === null)
  const names = nodes.map(({ name }) => name)
  const timeline = plan.timeline.map((fault) => {
    if (fault.action.verb !== 'partition') return fault
    const groups = fault.action.groups.map((target) =>
      target.kind === 'nodes'
        ? { kind: 'nodes' as const, nodes: target.nodes.filter((name) => names.includes(name)) }
        : target,
    )
    return { ...fault, action: { ...fault.action, groups } }
  })
  const run = judged({ ...plan, nodes, timeline })
  expect(run.verdict).toBe('fail')
  expect(run.reasons).toEqual(['Conflicting finality was expected and did not happen.'])
})

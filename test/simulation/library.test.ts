import { expect, test } from 'vitest'
import { validatorsOf } from '../../packages/scenario/src/index.ts'
import { judged, libraryPlan, libraryRun } from './plans.ts'

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
    const run = libraryRun(name, seed)
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
  const { auditHash } = libraryRun('region-partition', 1)
  expect(judged(libraryPlan('region-partition', 1)).auditHash).toBe(auditHash)
  expect(libraryRun('region-partition', 2).auditHash).not.toBe(auditHash)
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

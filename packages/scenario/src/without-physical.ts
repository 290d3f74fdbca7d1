import { narrowed } from './narrow.ts'
import { type Check, farmersOf, isValidator, type Plan, type PlannedFault } from './plan.ts'
import { fail, type Source } from './problem.ts'

export const physicalChecks: ReadonlySet<Check['check']> = new Set<Check['check']>([
  'physical-growth',
  'physical-agreement',
  'physical-gap',
  'physical-halts',
  'reorg',
  'refused',
  'region-share',
  'located',
  'private-chain',
])

/**
 * The same plan for the stake chain alone: no farmers, no checks of theirs, forced transactions go to the mempools
 * instead, and of each fault what it does to validators, so that the two runs differ in the ledger only.
 */
export function withoutPhysical({ physical: _, hybrid: __, ...plan }: Plan, source: Source): Plan {
  const nodes = plan.nodes.filter(isValidator)
  if (nodes.length === 0)
    fail('SCENARIO_CONFLICT', source, ['ledger'], 'stake leaves nothing of a network without validators')
  const farmers = new Set(farmersOf(plan.nodes).map(({ name }) => name))
  const timeline = plan.timeline.flatMap((fault): PlannedFault[] => {
    const action = narrowed(fault.action, farmers)
    return action === null ? [] : [{ ...fault, action }]
  })
  const { streams, ...steady } = plan.workload
  return {
    ...plan,
    nodes,
    timeline,
    checks: plan.checks.filter(({ check }) => !physicalChecks.has(check)),
    workload:
      streams === undefined
        ? steady
        : { ...steady, streams: streams.map((one) => ({ ...one, by: 'stake' })) },
  }
}

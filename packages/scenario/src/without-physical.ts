import {
  type Check,
  type FaultAction,
  farmersOf,
  isValidator,
  type Plan,
  type PlannedFault,
  type Target,
} from './plan.ts'
import { fail, type Source } from './problem.ts'
import { targetsOf } from './targets.ts'

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

/** What a fault does without these nodes; null for nothing. */
function narrowed(action: FaultAction, without: ReadonlySet<string>): FaultAction | null {
  const narrow = (target: Target): Target =>
    target.kind === 'leader'
      ? target
      : { kind: 'nodes', nodes: target.nodes.filter((node) => !without.has(node)) }
  const isEmpty = (target: Target): boolean => target.kind === 'nodes' && target.nodes.length === 0
  if ('groups' in action) {
    const groups = action.groups.map(narrow).filter((group) => !isEmpty(group))
    return groups.length < 2 ? null : { ...action, groups }
  }
  if (action.verb === 'seize-keys') {
    const reach = action.reach?.filter((node) => !without.has(node)) ?? null
    return { ...action, reach, target: narrow(action.target) }
  }
  const next =
    'target' in action
      ? { ...action, target: narrow(action.target) }
      : { ...action, from: narrow(action.from), to: narrow(action.to) }
  return targetsOf(next).some(isEmpty) ? null : next
}

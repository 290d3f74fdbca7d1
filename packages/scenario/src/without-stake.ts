import { narrowed } from './narrow.ts'
import { farmersOf, isValidator, type Plan, type PlannedFault } from './plan.ts'

/**
 * The same plan for the physical chain alone, to compare it with (I14): no validators, no transactions, no checks, and of
 * each fault what it does to farmers.
 */
export function withoutStake({ hybrid: _, point: __, ...plan }: Plan): Plan {
  const validators = new Set(plan.nodes.filter(isValidator).map(({ name }) => name))
  const timeline = plan.timeline.flatMap((fault): PlannedFault[] => {
    // Whoever leads is a validator; keys that are seized are validators' too.
    if (fault.action.verb === 'seize-keys') return []
    if ('target' in fault.action && fault.action.target.kind === 'leader') return []
    const action = narrowed(fault.action, validators)
    return action === null ? [] : [{ ...fault, action }]
  })
  return {
    ...plan,
    nodes: farmersOf(plan.nodes),
    timeline,
    checks: [],
    workload: { ratePerSecond: 0, accounts: plan.workload.accounts },
  }
}

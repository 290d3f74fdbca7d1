import type { FaultAction, Target } from './plan.ts'
import { targetsOf } from './targets.ts'

/** What a fault does without these nodes; null for nothing. */
export function narrowed(action: FaultAction, without: ReadonlySet<string>): FaultAction | null {
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

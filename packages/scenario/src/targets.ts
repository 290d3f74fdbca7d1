import { fixedNodes } from './finality.ts'
import type { FaultAction, Target } from './plan.ts'

/** An action on links. */
export type LinkAction = Extract<FaultAction, { verb: 'partition' | 'one-way' | 'shape' | 'flap' }>

/** The targets of an action, in the order in which it names them. */
export function targetsOf(action: FaultAction): readonly Target[] {
  if ('groups' in action) return action.groups
  return 'target' in action ? [action.target] : [action.from, action.to]
}

export function namesLeader(action: FaultAction): boolean {
  return targetsOf(action).some(({ kind }) => kind === 'leader')
}

/** Fixes what `leader` means for the whole of a fault. */
export function pinTargets(action: FaultAction, leaders: readonly string[]): FaultAction {
  const pin = (target: Target): Target => ({
    kind: 'nodes',
    nodes: target.kind === 'leader' ? leaders : target.nodes.filter((node) => !leaders.includes(node)),
  })
  if ('groups' in action) return { ...action, groups: action.groups.map(pin) }
  if ('target' in action) return { ...action, target: pin(action.target) }
  return { ...action, from: pin(action.from), to: pin(action.to) }
}

/** For people: `v1 v2 v3 | v4 v5`, or `v1 > v2 v3: delayMs 300`. */
export function linkDetail(action: LinkAction): string {
  const sides = targetsOf(action).map((target) => fixedNodes(target).join(' '))
  if ('groups' in action) return sides.join(' | ')
  const settings = Object.entries(action.verb === 'shape' ? action.set : { cut: action.cut })
  return `${sides.join(' > ')}: ${settings.map(([property, value]) => `${property} ${value}`).join(', ')}`
}

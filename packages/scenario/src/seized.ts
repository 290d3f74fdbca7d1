import type { LinkChange } from '@groundwork/wan'
import { fixedNodes } from './finality.ts'
import {
  type FaultAction,
  type Plan,
  type PlannedNode,
  type PlannedValidator,
  seizedName,
  validatorsOf,
} from './plan.ts'

export type Seizure = Extract<FaultAction, { verb: 'seize-keys' }>

/** The process that shows another history, signed with the keys of one fault. */
export function historyName(fault: string): string {
  return `${fault}-history`
}

/** Processes that the plan's faults begin with seized keys, each where its owner stands. */
export function seizedNodes({ nodes, timeline }: Pick<Plan, 'nodes' | 'timeline'>): PlannedValidator[] {
  const names = new Set(
    timeline.flatMap(({ action }) =>
      action.verb === 'seize-keys' && action.use === 'twins' ? fixedNodes(action.target) : [],
    ),
  )
  return validatorsOf(nodes)
    .filter(({ name }) => names.has(name))
    .map((node) => ({ ...node, name: seizedName(node.name), twinOf: node.name }))
}

/** Processes that show other histories, each where the first of its keys was kept, and by that key. */
export function historians({ nodes, timeline }: Pick<Plan, 'nodes' | 'timeline'>): PlannedValidator[] {
  return timeline.flatMap(({ id, action }) => {
    if (action.verb !== 'seize-keys' || action.use !== 'rewrite') return []
    const [first] = fixedNodes(action.target)
    return validatorsOf(nodes)
      .filter(({ name }) => name === first)
      .map((owner) => ({ ...owner, name: historyName(id), twinOf: owner.name }))
  })
}

/** All processes that the plan's faults begin with seized keys. */
export function begunNodes(plan: Pick<Plan, 'nodes' | 'timeline'>): PlannedValidator[] {
  return [...seizedNodes(plan), ...historians(plan)]
}

/** Nodes of a run and the processes that its faults begin with seized keys. */
export function processesOf(plan: Pick<Plan, 'nodes' | 'timeline'>): readonly PlannedNode[] {
  return [...plan.nodes, ...begunNodes(plan)]
}

/**
 * The cut between the processes of a seizure and whoever is out of its reach; null: everybody hears them. `all`: names of
 * all processes.
 */
export function outOfReach(fault: string, action: Seizure, all: readonly string[]): LinkChange | null {
  const { use, target, reach } = action
  if (reach === null) return null
  const own = use === 'twins' ? fixedNodes(target).map(seizedName) : [historyName(fault)]
  const near = new Set([...own, ...reach])
  const far = all.filter((name) => !near.has(name))
  const links = own.flatMap((name) =>
    far.flatMap((other) => [
      { from: name, to: other, set: { cut: 'blackhole' } as const },
      { from: other, to: name, set: { cut: 'blackhole' } as const },
    ]),
  )
  return { owner: fault, links }
}
